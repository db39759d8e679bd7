"""What a person states about themselves, checked: e-mail address, name, date of birth."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from auth.errors import BadBirthDate, BadEmail, BadName

MAX_NAME_CHARACTERS = 200
MAX_EMAIL_CHARACTERS = 254
_EMAIL = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"'/?#&=]{1,253}")
_EARLIEST_BIRTH = date(1880, 1, 1)


def check_email(stated: str) -> str:
    """The address in the one form it is kept and found under; BadEmail."""
    email = normal_email(stated)
    if len(email) > MAX_EMAIL_CHARACTERS or _EMAIL.fullmatch(email) is None or not email.isprintable():
        raise BadEmail(field="email")
    return email


def normal_email(stated: str) -> str:
    """NFC, no space around, lower case: for looking up what may not even be an address, so its length is bounded."""
    return unicodedata.normalize("NFC", stated[: 4 * MAX_EMAIL_CHARACTERS]).strip().lower()


def check_name(stated: str) -> str:
    """NFC, no space around; BadName unless 1 to 200 characters that can be shown."""
    name = unicodedata.normalize("NFC", stated).strip()
    if not 1 <= len(name) <= MAX_NAME_CHARACTERS or not name.isprintable():
        raise BadName(field="name")
    return name


def check_birth_date(stated: str, today: date) -> str:
    """``YYYY-MM-DD``, a day that was; BadBirthDate."""
    try:
        born = date.fromisoformat(stated)
    except ValueError:
        raise BadBirthDate(field="birth_date") from None
    if stated != born.isoformat() or not _EARLIEST_BIRTH <= born <= today:
        raise BadBirthDate(field="birth_date")
    return stated
