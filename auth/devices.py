"""From which device and network somebody signed in, as coarse as is enough to know one's own again.

Sealed with the session; nothing is decided by it. A user agent says what it likes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from vault.audit.events import Origin

# The first that is found counts: browsers name each other.
_BROWSERS = (
    ("edge", ("Edg/", "EdgiOS/", "EdgA/")),
    ("opera", ("OPR/", "Opera")),
    ("samsung", ("SamsungBrowser/",)),
    ("firefox", ("Firefox/", "FxiOS/")),
    ("chrome", ("Chrome/", "CriOS/", "Chromium/")),
    ("safari", ("Safari/",)),
)
_SYSTEMS = (
    ("iphone", ("iPhone",)),
    ("ipad", ("iPad",)),
    ("android", ("Android",)),
    ("chromeos", ("CrOS",)),
    ("windows", ("Windows",)),
    ("mac", ("Macintosh", "Mac OS X")),
    ("linux", ("Linux", "X11")),
)


@dataclass(frozen=True, slots=True)
class Device:
    """Codes of a browser and a system, empty where unknown; ``network`` such as ``192.0.2.0/24``, or empty."""

    browser: str = ""
    system: str = ""
    network: str = ""

    def as_details(self) -> dict[str, str]:
        return {"browser": self.browser, "system": self.system, "network": self.network}


def device_of(origin: Origin) -> Device:
    """What a request tells of its device."""
    return Device(_first(_BROWSERS, origin.agent), _first(_SYSTEMS, origin.agent), coarse_network(origin.address))


def device_in(details: Mapping[str, str]) -> Device:
    """The device that a session was stored with."""
    return Device(details.get("browser", ""), details.get("system", ""), details.get("network", ""))


def coarse_network(address: str) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 one; empty if it is neither."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))


def _first(known: tuple[tuple[str, tuple[str, ...]], ...], agent: str) -> str:
    return next((code for code, marks in known if any(mark in agent for mark in marks)), "")
