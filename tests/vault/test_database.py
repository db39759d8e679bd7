"""What the database says of itself when it fails."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from vault.database import Database


def test_the_text_of_a_database_error_holds_no_parameter(database: Database) -> None:
    with pytest.raises(DBAPIError) as failed, database.read() as connection:
        connection.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": "canary"})
    assert "canary" not in str(failed.value)
    assert "canary" not in repr(failed.value)
