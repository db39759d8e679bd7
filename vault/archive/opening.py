"""Unpacking an archive into a new folder, offline. Either all of it is there at the end, or nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import BinaryIO

from vault.archive.format import Archive, Part
from vault.errors import Conflict


class FolderThere(Conflict):
    code = "folder-there"
    advice = "This folder is there already. Please name one that isn't."


def unpack(source: BinaryIO, code: str, folder: Path) -> tuple[Part, ...]:
    """Write every file; FolderThere, NotAnArchive, WrongSecret, Tampered. Only its owner may read the folder."""
    archive = Archive(source, code)
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise FolderThere from None
    try:
        for place, part in enumerate(archive.parts):
            path = folder / part.name
            path.parent.mkdir(mode=0o700, exist_ok=True)
            with path.open("xb") as target:
                archive.copy(place, target)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return archive.parts
