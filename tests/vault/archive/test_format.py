"""Archives: open with the recovery code or passphrase alone; whatever was changed, cut or added is refused."""

from __future__ import annotations

import io
import os

import pytest

from vault.archive.format import NO_PEPPER, Archive, ArchiveSlot, NotAnArchive, describe, write_archive
from vault.crypto.passphrases import Cost, stretch
from vault.crypto.sealing import public_key_of
from vault.crypto.secret import Seed
from vault.crypto.slots import SlotBinding, SlotKind, WrongSecret, wrap_seed
from vault.errors import Invalid, Tampered, VaultError
from vault.keys.recovery_code import format_recovery_code
from vault.keys.slots import PassphraseParameters

VAULT, ARCHIVE = bytes(range(16)), bytes(range(16, 32))
CODE = bytes(range(20))
RECORDS, SCAN = b'[{"title":"Magnesium"}]', os.urandom(200_000)


def code_slot(code: bytes = CODE, slot_id: bytes = b"s" * 16) -> ArchiveSlot:
    seed, binding = Seed.make(), SlotBinding(SlotKind.RECOVERY_CODE, VAULT, slot_id)
    return ArchiveSlot(SlotKind.RECOVERY_CODE, slot_id, b"", wrap_seed(code, binding, seed), public_key_of(seed))


def written(*slots: ArchiveSlot, name: str = "records.json") -> bytes:
    target = io.BytesIO()
    parts = [
        (describe(name, "", "application/json", RECORDS), lambda: RECORDS),
        (describe("files/1.pdf", "Scan März.pdf", "application/pdf", SCAN), lambda: SCAN),
    ]
    write_archive(
        target, (VAULT, ARCHIVE), slots or (code_slot(),), parts, made_at="2026-11-23T10:00:00Z", service="https://v"
    )
    return target.getvalue()


def read(raw: bytes, text: str = format_recovery_code(CODE)) -> list[bytes]:
    archive = Archive(io.BytesIO(raw), text)
    found = []
    for place in range(len(archive.parts)):
        target = io.BytesIO()
        archive.copy(place, target)
        found.append(target.getvalue())
    return found


def test_an_archive_opens_with_the_recovery_code_alone() -> None:
    assert read(written()) == [RECORDS, SCAN]
    assert read(written(), format_recovery_code(CODE).lower().replace("-", " ")) == [RECORDS, SCAN]


def test_any_of_several_slots_opens() -> None:
    slots = code_slot(bytes(20), b"a" * 16), code_slot()
    assert read(written(*slots)) == read(written(*slots), format_recovery_code(bytes(20)))


def test_an_archive_opens_with_its_passphrase_and_no_pepper() -> None:
    parameters = PassphraseParameters(Cost(64, 1, 1), bytes(16), NO_PEPPER)
    binding = SlotBinding(SlotKind.PASSPHRASE, VAULT, b"p" * 16, parameters.encode(), NO_PEPPER)
    secret, seed = stretch("seven brown bears", parameters.salt, parameters.cost), Seed.make()
    slot = ArchiveSlot(
        SlotKind.PASSPHRASE, b"p" * 16, parameters.encode(), wrap_seed(secret, binding, seed), public_key_of(seed)
    )
    raw = written(code_slot(), slot)
    assert read(raw, "seven brown bears") == [RECORDS, SCAN]
    with pytest.raises(WrongSecret):
        Archive(io.BytesIO(raw), "seven brown bear")


@pytest.mark.parametrize("text", ["", "no code", format_recovery_code(bytes(20))])
def test_another_code_opens_nothing(text: str) -> None:
    with pytest.raises(WrongSecret):
        Archive(io.BytesIO(written()), text)


def test_every_byte_of_head_and_index_counts() -> None:
    raw = written()
    for at in [*range(0, 1400, 7), 1500, 1700]:
        broken = bytearray(raw)
        broken[at] ^= 1
        with pytest.raises(VaultError):
            Archive(io.BytesIO(bytes(broken)), format_recovery_code(CODE))


@pytest.mark.parametrize("cut", [0, 1, 47, 48, 200, 1300, 1400, -1])
def test_an_archive_that_was_cut_is_refused(cut: int) -> None:
    with pytest.raises((NotAnArchive, Tampered)):
        read(written()[:cut])


def test_bytes_after_the_end_and_a_changed_part_are_refused() -> None:
    raw = written()
    with pytest.raises(Tampered):
        read(raw + b"\0")
    with pytest.raises(Tampered):
        read(raw[:-1] + bytes((raw[-1] ^ 1,)))


def test_a_slot_that_was_taken_out_of_the_head_is_found() -> None:
    raw = written(code_slot(bytes(20), b"a" * 16), code_slot())
    head, slot = len(b"hv/1\0archive/1\0") + 33, 19 + 114 + 1169
    one = raw[: head - 1] + b"\1" + raw[head + slot :]
    with pytest.raises(Tampered):
        Archive(io.BytesIO(one), format_recovery_code(CODE))


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../b", "a/b/c", "", "A", ".x", "a\\b", "x\n"])
def test_no_name_in_an_archive_leaves_its_folder(name: str) -> None:
    with pytest.raises(Invalid):
        written(name=name)
