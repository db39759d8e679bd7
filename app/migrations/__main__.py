"""``python -m app.migrations "What changed"``: write the next migration from what rooms declare and migrations lack.

Read and edit the result: it is made on SQLite, without any data.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command

from app.migrations import FOLDER, configure, has_versions, upgrade

_TRIGGERS = """    connection = op.get_bind()
    for statement in triggers(connection.dialect.name):
        connection.exec_driver_sql(statement)
"""


def main(message: str) -> Path:
    """The file written. The first one also guards the log by its triggers."""
    first = not has_versions()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/empty.db"
        upgrade(url)
        number = f"{len(list(FOLDER.glob('versions/[0-9]*.py'))) + 1:04d}"
        command.revision(configure(url), message, autogenerate=True, rev_id=number)
    (path,) = FOLDER.glob(f"versions/{number}_*.py")
    if first:
        path.write_text(_guarded(path.read_text("utf-8")), "utf-8")
    return path


def _guarded(text: str) -> str:
    text = text.replace(
        "from alembic import op\n", "from alembic import op\n\nfrom vault.audit.triggers import triggers\n"
    )
    return text.replace("\n\n\ndef downgrade", f"\n{_TRIGGERS}\n\ndef downgrade")


if __name__ == "__main__":
    main(sys.argv[1])
