"""An archive as bytes: slots, an index and streams under one root. Pure but for reading and writing the file.

docs/specs/archive.md. Opens with a recovery code or a passphrase alone: no server, no pepper.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from struct import Struct
from typing import Any, BinaryIO, Final

from vault.crypto.context import ctx
from vault.crypto.objects import derive_object_key
from vault.crypto.passphrases import stretch
from vault.crypto.sealing import open_sealed, seal_to
from vault.crypto.secret import Root
from vault.crypto.slots import SlotBinding, SlotKind, WrongSecret, unwrap_seed
from vault.crypto.streams import StreamHeader, open_stream, seal_stream, sealed_length
from vault.errors import Invalid, Tampered
from vault.keys.recovery_code import parse_recovery_code
from vault.keys.slots import PassphraseParameters

FORMAT: Final = "health-data-vault-archive/1"
NO_PEPPER: Final = bytes(8)
MAX_SLOTS: Final = 8
MAX_PARTS: Final = 1_000_000
MAX_INDEX_BYTES: Final = 256 << 20
_MAGIC: Final = ctx("archive/1")
_HEAD: Final = Struct(f">{len(_MAGIC)}s16s16sB")
_SLOT: Final = Struct(">B16sH")
_WRAPPED_BYTES: Final = 114
_SEALED_ROOT_BYTES: Final = 1169
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9]+)?(/[a-z0-9][a-z0-9-]*(\.[a-z0-9]+)?)?")


class NotAnArchive(Invalid):
    code = "not-an-archive"
    advice = "This file is no archive of a health data vault, or it is damaged."


@dataclass(frozen=True, slots=True)
class ArchiveSlot:
    """A way in: a recovery code's slot of the vault as it is stored, or a passphrase's made without a pepper."""

    kind: SlotKind
    slot_id: bytes
    parameters: bytes
    wrapped_seed: bytes
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """One file within; ``title`` is its name as it was added, for people. ``sha256`` in hexadecimal."""

    name: str
    title: str
    type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class _Slot:
    binding: SlotBinding
    wrapped_seed: bytes
    sealed_root: bytes


def describe(name: str, title: str, content_type: str, data: bytes) -> Part:
    """The index line of these bytes."""
    return Part(name, title, content_type, len(data), hashlib.sha256(data).hexdigest())


def write_archive(
    target: BinaryIO,
    ids: tuple[bytes, bytes],
    slots: Sequence[ArchiveSlot],
    parts: Sequence[tuple[Part, Callable[[], bytes]]],
    *,
    made_at: str,
    service: str,
) -> None:
    """Write all of it; ``ids`` are vault id and archive id, each part is read when its turn comes.

    Invalid for no slot or too many, a name that no archive has, or a part that isn't what its line says.
    """
    vault_id, archive_id = ids
    if not 0 < len(slots) <= MAX_SLOTS or any(not _NAME.fullmatch(part.name) for part, _ in parts):
        raise Invalid
    root = Root.make()
    head = _HEAD.pack(_MAGIC, vault_id, archive_id, len(slots)) + b"".join(
        _SLOT.pack(slot.kind, slot.slot_id, len(slot.parameters))
        + slot.parameters
        + slot.wrapped_seed
        + seal_to(slot.public_key, _root_info(vault_id, archive_id, slot.slot_id), root.raw)
        for slot in slots
    )
    told = {"format": FORMAT, "made_at": made_at, "parts": [asdict(part) for part, _ in parts], "service": service}
    index = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
    target.write(head + sealed_length(len(index)).to_bytes(8, "big"))
    seal_stream(_key(root, vault_id, 0), _index_header(head), io.BytesIO(index), target)
    for place, (part, read) in enumerate(parts, 1):
        data = read()
        if describe(part.name, part.title, part.type, data) != part:
            raise Invalid
        seal_stream(_key(root, vault_id, place), _part_header(archive_id), io.BytesIO(data), target)


class Archive:
    """An opened one. ``parts`` are in the order of the file; nothing of them was read yet."""

    def __init__(self, source: BinaryIO, text: str) -> None:
        """Open with a recovery code or a passphrase; slow for a passphrase. NotAnArchive, WrongSecret, Tampered."""
        self._source = source
        self._vault_id, self._archive_id, slots, head = _read_head(source)
        self._root = self._open_root(slots, text)
        size = int.from_bytes(_take(source, 8), "big")
        if size > MAX_INDEX_BYTES:
            raise NotAnArchive
        begin, plain = source.tell(), io.BytesIO()
        open_stream(_key(self._root, self._vault_id, 0), _index_header(head), source, plain, size=size)
        told = _read_index(plain.getvalue())
        self.made_at, self.service = told["made_at"], told["service"]
        self.parts = tuple(Part(**part) for part in told["parts"])
        self._begins = [begin + size]
        for part in self.parts:
            self._begins.append(self._begins[-1] + sealed_length(part.size))
        if source.seek(0, io.SEEK_END) != self._begins[-1]:
            raise Tampered

    def copy(self, place: int, target: BinaryIO) -> None:
        """Write the part at ``place`` (from 0); Tampered. What was written then is to be thrown away."""
        self._source.seek(self._begins[place])
        key, size = _key(self._root, self._vault_id, place + 1), self._begins[place + 1] - self._begins[place]
        open_stream(key, _part_header(self._archive_id), self._source, target, size=size)

    def _open_root(self, slots: Sequence[_Slot], text: str) -> Root:
        for slot in slots:
            try:
                seed = unwrap_seed(_secret_of(slot.binding, text), slot.binding, slot.wrapped_seed)
            except WrongSecret:
                continue
            info = _root_info(self._vault_id, self._archive_id, slot.binding.slot_id)
            raw = open_sealed(seed, info, slot.sealed_root)
            return Root(raw)
        raise WrongSecret("This recovery code or passphrase doesn't open this archive.")


def _secret_of(binding: SlotBinding, text: str) -> bytes:
    if binding.kind is SlotKind.RECOVERY_CODE:
        return parse_recovery_code(text)
    parameters = PassphraseParameters.decode(binding.parameters)
    return stretch(text, parameters.salt, parameters.cost)


def _read_head(source: BinaryIO) -> tuple[bytes, bytes, list[_Slot], bytes]:
    begin = _take(source, _HEAD.size)
    magic, vault_id, archive_id, count = _HEAD.unpack(begin)
    if magic != _MAGIC or not 0 < count <= MAX_SLOTS:
        raise NotAnArchive
    slots, read = [], [begin]
    for _ in range(count):
        fixed = _take(source, _SLOT.size)
        kind, slot_id, length = _SLOT.unpack(fixed)
        if (kind, length) not in {(SlotKind.PASSPHRASE, 37), (SlotKind.RECOVERY_CODE, 0)}:
            raise NotAnArchive
        parameters, wrapped = _take(source, length), _take(source, _WRAPPED_BYTES)
        sealed_root = _take(source, _SEALED_ROOT_BYTES)
        pepper = NO_PEPPER if length else b""
        if length and PassphraseParameters.decode(parameters).pepper_id != NO_PEPPER:
            raise NotAnArchive
        binding = SlotBinding(SlotKind(kind), vault_id, slot_id, parameters, pepper)
        slots.append(_Slot(binding, wrapped, sealed_root))
        read += [fixed, parameters, wrapped, sealed_root]
    return vault_id, archive_id, slots, b"".join(read)


def _read_index(raw: bytes) -> dict[str, Any]:
    """What stands in the index. It was sealed by who made the archive, and is still not believed in its form."""
    try:
        told = json.loads(raw)
        if told["format"] != FORMAT or not isinstance(told["parts"], list) or len(told["parts"]) > MAX_PARTS:
            raise NotAnArchive
        names = [part["name"] for part in told["parts"]]
        sound = all(_NAME.fullmatch(name) for name in names) and len(set(names)) == len(names)
        if not sound or any(not 0 <= part["size"] < 1 << 40 for part in told["parts"]):
            raise NotAnArchive
        return {key: told[key] for key in ("made_at", "service", "parts")}
    except (ValueError, KeyError, TypeError):
        raise NotAnArchive from None


def _take(source: BinaryIO, count: int) -> bytes:
    raw = source.read(count)
    if len(raw) != count:
        raise NotAnArchive
    return raw


def _key(root: Root, vault_id: bytes, place: int) -> bytes:
    return derive_object_key(root, vault_id, place.to_bytes(16, "big"), 1)


def _root_info(vault_id: bytes, archive_id: bytes, slot_id: bytes) -> bytes:
    return ctx("archive-root/1", vault_id, archive_id, slot_id)


def _index_header(head: bytes) -> StreamHeader:
    return StreamHeader("archive-index", hashlib.sha256(head).digest())


def _part_header(archive_id: bytes) -> StreamHeader:
    return StreamHeader("archive-part", archive_id)
