"""Create a vault, one question a page: name, date of birth, e-mail address, passphrase; then the sheet, then the start.

Each answer is checked on its own page and stays when people go back. Nothing exists before the last answer.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import leave_sample, optional_session, origin_of, services
from app.pages.draft import ANSWERS, drop_draft, keep_draft, read_draft
from app.pages.forms import Form, Page, Submitted, incomplete, refused
from app.pages.recovery import FIRST, has_no_code_yet, show_sheet
from app.pages.rendering import render
from app.pages.single_sign_on import link_who_waits
from app.pages.visitors import citizens_only
from app.texts import _
from auth.errors import BadBirthDate
from auth.people import check_birth_date, check_name
from vault.crypto.passphrases import make_suggestion
from vault.errors import VaultError

router = APIRouter()

PATHS = {
    "name": "/sign-up",
    "birth_date": "/sign-up/born",
    "email": "/sign-up/e-mail",
    "passphrase": "/sign-up/passphrase",
}
_ORDER = tuple(PATHS)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NEEDED = {
    "name": {"name": _("Please enter your name.")},
    "birth_date": {
        "birth_day": _("Please enter the day you were born."),
        "birth_month": _("Please enter the month you were born."),
        "birth_year": _("Please enter the year you were born."),
    },
    "email": {"email": _("Please enter your e-mail address.")},
    "passphrase": {"passphrase": _("Please choose a passphrase.")},
}


@router.get("/sign-up")
def ask_name(request: Request) -> Response:
    return _ask(request, "name")


@router.post("/sign-up")
def take_name(request: Request, form: Submitted) -> Response:
    return _take(request, form, "name")


@router.get("/sign-up/born")
def ask_birth_date(request: Request) -> Response:
    return _ask(request, "birth_date")


@router.post("/sign-up/born")
def take_birth_date(request: Request, form: Submitted) -> Response:
    return _take(request, form, "birth_date")


@router.get("/sign-up/e-mail")
def ask_email(request: Request) -> Response:
    return _ask(request, "email")


@router.post("/sign-up/e-mail")
def take_email(request: Request, form: Submitted) -> Response:
    return _take(request, form, "email")


@router.get("/sign-up/passphrase")
def ask_passphrase(request: Request) -> Response:
    return _ask(request, "passphrase")


@router.post("/sign-up/passphrase")
def create_vault(request: Request, form: Submitted) -> Response:
    """The last answer: the vault is made, and its recovery code is in this one answer and nowhere else."""
    answers = read_draft(request)
    if missing := first_missing(answers):
        # The page that showed the code was loaded again, or the answers are an hour old.
        return RedirectResponse("/recovery-code" if has_no_code_yet(request) else PATHS[missing], 303)
    if again := incomplete(request, form, page_of("passphrase"), _NEEDED["passphrase"]):
        return again
    before = optional_session(request)
    try:
        made = services(request).accounts.create_citizen(
            answers["email"], answers["name"], answers["birth_date"], form.secret("passphrase"), origin_of(request)
        )
    except VaultError as error:
        step = _step_of(error)
        typed = Form({name: (value,) for name, value in _typed(step, answers).items()})
        return refused(request, error, page_of(step), form if step == "passphrase" else typed)
    leave_sample(request, before)
    response = show_sheet(request, made.recovery_code, made.token, why=FIRST)
    link_who_waits(request, response, made.token)
    drop_draft(response)
    return response


@router.get("/first-result", dependencies=[citizens_only])
def first_result(request: Request) -> Response:
    return render(request, "first-result.html", here="/add")


def _ask(request: Request, step: str) -> Response:
    answers = read_draft(request)
    missing = first_missing(answers)
    if missing is not None and _ORDER.index(missing) < _ORDER.index(step):
        return RedirectResponse(PATHS[missing], 303)
    typed = {name: (value,) for name, value in _typed(step, answers).items()}
    page = page_of(step)
    return render(request, page.template, typed=typed, **page.values)


def _take(request: Request, form: Form, step: str) -> Response:
    """Keep one answer and go on to the next question that has none."""
    page = page_of(step)
    if again := incomplete(request, form, page, _NEEDED[step]):
        return again
    try:
        answers = read_draft(request) | {step: _checked(request, form, step)}
    except VaultError as error:
        return refused(request, error, page, form)
    following = _ORDER[_ORDER.index(step) + 1]
    response = RedirectResponse(PATHS[first_missing(answers) or following], 303)
    keep_draft(response, answers)
    return response


def _checked(request: Request, form: Form, step: str) -> str:
    """The answer in the form it is kept. BadName, BadBirthDate, BadEmail, EmailTaken, TooManyTries."""
    accounts, now = services(request).accounts, services(request).clock.now()
    if step == "name":
        return check_name(form.text("name"))
    if step == "birth_date":
        try:
            return check_birth_date(_date_typed(form), now.date())
        except BadBirthDate:
            raise BadBirthDate(_("Please enter a real day, such as 5 4 1980."), field="birth_date") from None
    accounts.check_free(form.text("email"), origin_of(request))
    return form.text("email")


def _date_typed(form: Form) -> str:
    """``YYYY-MM-DD`` of three fields; the month as a number or a word. BadBirthDate."""
    day, month, year = (form.text(f"birth_{part}").lower() for part in ("day", "month", "year"))
    number = str(_MONTHS.index(month[:3]) + 1) if month[:3] in _MONTHS else month
    digits = all(part.isascii() and part.isdecimal() for part in (day, number, year))
    if not digits or len(day) > 2 or len(number) > 2 or len(year) != 4:
        raise BadBirthDate
    return f"{year}-{int(number):02d}-{int(day):02d}"


def _typed(step: str, answers: dict[str, str]) -> dict[str, str]:
    """What stands in the fields of a question that was answered before."""
    if step != "birth_date":
        return {step: answers.get(step, "")} if step in ANSWERS else {}
    year, month, day = ([*answers.get(step, "").split("-"), "", "", ""])[:3]
    return {"birth_day": day.lstrip("0"), "birth_month": month.lstrip("0"), "birth_year": year}


def first_missing(answers: dict[str, str]) -> str | None:
    """The first question without an answer."""
    return next((name for name in ANSWERS if not answers.get(name)), None)


def _step_of(error: VaultError) -> str:
    """The question whose answer an error is about."""
    if error.code == "email-taken":
        return "email"
    field = getattr(error, "field", None)
    return field if field in _ORDER else "passphrase"


def page_of(step: str) -> Page:
    """The page of one question."""
    number = _ORDER.index(step)
    before = PATHS[_ORDER[number - 1]] if number else "/"
    values = {
        "here": "/sign-up",
        "step": step,
        "number": number + 1,
        "of": len(_ORDER),
        "back": before,
        "action": PATHS[step],
        "suggestion": make_suggestion() if step == "passphrase" else None,
    }
    # The fault of a whole date stands at its first field.
    fields = {"birth_date": "birth_day"} | ({"": "email"} if step == "email" else {})
    return Page("sign-up.html", values, fields)
