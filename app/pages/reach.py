"""How far a link reaches: a server found only on this computer or network makes links that open only there.

Judged from the base URL's host as written; nothing is looked up.
"""

from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

_LOCAL_NAMES = (".local", ".lan", ".home", ".internal", ".home.arpa", ".localdomain", ".intranet", ".corp", ".private")


class Reach(StrEnum):
    COMPUTER = "computer"
    NETWORK = "network"
    ANYWHERE = "anywhere"


def reach_of(base_url: str) -> Reach:
    """Where a link under this base URL opens. Never raises; what can't be read is taken for this computer only."""
    try:
        host = (urlsplit(base_url).hostname or "").rstrip(".").casefold()
    except ValueError:
        return Reach.COMPUTER
    if not host or host == "localhost" or host.endswith(".localhost"):
        return Reach.COMPUTER
    try:
        return _of_address(host)
    except ValueError:
        pass
    is_near = "." not in host or host.endswith(_LOCAL_NAMES)
    return Reach.NETWORK if is_near else Reach.ANYWHERE


def _of_address(host: str) -> Reach:
    """ValueError for a name."""
    address = ip_address(host.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback or address.is_unspecified:
        return Reach.COMPUTER
    return Reach.ANYWHERE if address.is_global else Reach.NETWORK
