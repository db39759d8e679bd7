"""The sample's letter: one page, drawn when it is needed, so that no file of unknown origin lies in the product."""

from __future__ import annotations

import io
from calendar import month_name
from datetime import date

from PIL import Image, ImageDraw, ImageFont

from app.samples.content import BIRTH_DATE, DOCTOR, NAME

FILENAME = "Letter from Hill Street Surgery.pdf"
CONTENT_TYPE = "application/pdf"
_SIZE, _DOTS_PER_INCH, _MARGIN = (1240, 1754), 150, 130
_INK, _PALE = 30, 150


def draw_letter(written_on: date) -> bytes:
    """A PDF of one A4 page."""
    page = Image.new("L", _SIZE, 255)
    pen = ImageDraw.Draw(page)
    big, plain, small = (ImageFont.load_default(size) for size in (40, 27, 22))
    practice, doctor = DOCTOR.partition(", ")[2], DOCTOR.partition(", ")[0]
    pen.text((_MARGIN, 110), practice, _INK, big)
    pen.text((_MARGIN, 165), "1 Hill Street, Sampleton", _PALE, small)
    pen.line((_MARGIN, 215, _SIZE[0] - _MARGIN, 215), _PALE, 2)
    lines = (
        _day_words(written_on),
        "",
        f"About: {NAME}, born {_day_words(date.fromisoformat(BIRTH_DATE))}",
        "",
        "Dear Ms Sample,",
        "",
        "Thank you for coming to see me. Your blood test shows magnesium within",
        "the laboratory's range again. It was low in earlier tests.",
        "",
        "Magnesium|0.83 mmol/L|(0.70 to 1.00)",
        "Potassium|4.2 mmol/L|(3.5 to 5.1)",
        "Ferritin|12 ug/L|(15 to 150)",
        "",
        "Your iron store (ferritin) is a little low. We will talk about it.",
        "Please come back in six months for another test.",
        "Until then, go on as we agreed.",
        "",
        "Yours sincerely,",
        "",
        doctor,
    )
    for number, line in enumerate(lines):
        for column, words in enumerate(line.split("|")):
            pen.text((_MARGIN + 260 * column, 270 + 52 * number), words, _INK, plain)
    pen.text((_MARGIN, _SIZE[1] - 120), "A sample. Nobody in this letter is a real person.", _PALE, small)
    made = io.BytesIO()
    page.save(made, "PDF", resolution=_DOTS_PER_INCH, title="Letter", quality=70)
    return made.getvalue()


def _day_words(day: date) -> str:
    return f"{day.day} {month_name[day.month]} {day.year}"
