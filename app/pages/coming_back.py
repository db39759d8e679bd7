"""Every way in is lost: with a trusted person, step by step; and what is left when there is none."""

from __future__ import annotations

from fastapi import APIRouter, BackgroundTasks, Request, Response

from app.deps import origin_of, services
from app.pages.erasing import WORD, WordMissing
from app.pages.forms import Page, Submitted, incomplete, refused
from app.pages.recovery import show_sheet
from app.pages.rendering import render
from app.texts import _
from auth.people import check_email
from auth.trusting.errors import NoWayBack, TooEarly
from vault.crypto.passphrases import make_suggestion
from vault.errors import VaultError

router = APIRouter()

_EMAIL = {"email": _("Please enter your e-mail address.")}
_CODE = _EMAIL | {"mail_code": _("Please type the code from the mail.")}
_FINISH = _EMAIL | {
    "ask_code": _("Please enter the code that you kept."),
    "new_passphrase": _("Please choose a new passphrase."),
}


@router.get("/come-back/trusted")
def begin_form(request: Request) -> Response:
    return render(request, "come-back-trusted.html", can_mail=services(request).can_mail)


@router.post("/come-back/trusted")
def begin(request: Request, form: Submitted, later: BackgroundTasks) -> Response:
    """The same answer whether or not anybody has this address; the mail leaves after it."""
    house = services(request)
    page = Page("come-back-trusted.html", {"can_mail": house.can_mail})
    if again := incomplete(request, form, page, _EMAIL):
        return again
    try:
        email = check_email(form.text("email"))
        code = house.coming_back.begin(email, origin_of(request))
    except VaultError as error:
        return refused(request, error, page, form)
    later.add_task(house.mail_come_back_code, email, code)
    return render(request, "come-back-code.html", typed={"email": (email,)})


@router.post("/come-back/trusted/ask")
def ask(request: Request, form: Submitted) -> Response:
    page = Page("come-back-code.html")
    if again := incomplete(request, form, page, _CODE):
        return again
    try:
        asked = services(request).coming_back.ask(form.text("email"), form.text("mail_code"), origin_of(request))
    except NoWayBack:
        return render(request, "come-back-nothing.html", 403)
    except VaultError as error:
        return refused(request, error, page, form)
    return render(request, "come-back-asked.html", asked=asked, groups=asked.code.split("-"))


@router.get("/come-back/trusted/finish")
def finish_form(request: Request) -> Response:
    return render(request, "come-back-finish.html", suggestion=make_suggestion())


@router.post("/come-back/trusted/finish")
def finish(request: Request, form: Submitted) -> Response:
    values = {"suggestion": make_suggestion()}
    page = Page("come-back-finish.html", values, {"passphrase": "new_passphrase", "": "ask_code"})
    if again := incomplete(request, form, page, _FINISH):
        return again
    house, origin = services(request), origin_of(request)
    try:
        signed_in = house.coming_back.finish(
            form.text("email"), form.text("ask_code"), form.secret("new_passphrase"), origin
        )
    except VaultError as error:
        if isinstance(error, NoWayBack):
            error = NoWayBack(_("The address or the code is not right, or the ask was refused or is over."))
        if isinstance(error, TooEarly):
            error = TooEarly(_("The waiting time isn't over yet. Your code stays good."))
        return refused(request, error, page, form)
    house.tidy(signed_in.token, origin)
    return show_sheet(request, signed_in.recovery_code or "", signed_in.token)


@router.get("/come-back/erase")
def erase_form(request: Request) -> Response:
    return render(request, "come-back-erase.html", can_mail=services(request).can_mail)


@router.post("/come-back/erase")
def begin_erasing(request: Request, form: Submitted, later: BackgroundTasks) -> Response:
    """The same answer whether or not anybody has this address; the mail leaves after it."""
    house = services(request)
    page = Page("come-back-erase.html", {"can_mail": house.can_mail})
    if again := incomplete(request, form, page, _EMAIL):
        return again
    try:
        email = check_email(form.text("email"))
        code = house.erasing_unopened.begin(email, origin_of(request))
    except VaultError as error:
        return refused(request, error, page, form)
    later.add_task(house.mail_erase_code, email, code)
    return render(request, "come-back-erase-code.html", typed={"email": (email,)})


@router.post("/come-back/erase/ask")
def ask_to_erase(request: Request, form: Submitted) -> Response:
    page = Page("come-back-erase-code.html")
    if again := incomplete(request, form, page, _CODE):
        return again
    if form.text("word").casefold() != WORD:
        return refused(request, WordMissing(field="word"), page, form)
    try:
        erasing = services(request).erasing_unopened
        erase_at = erasing.ask(form.text("email"), form.text("mail_code"), origin_of(request))
    except VaultError as error:
        if isinstance(error, NoWayBack):
            error = NoWayBack(_("Nobody has a vault with this address here. There is nothing to erase."))
        return refused(request, error, page, form)
    return render(request, "come-back-erase-asked.html", erase_at=erase_at)


@router.get("/come-back/no")
def refuse_form(request: Request) -> Response:
    return render(request, "come-back-no.html", person=None, done=False)


@router.post("/come-back/no")
def refuse(request: Request, form: Submitted) -> Response:
    house, origin = services(request), origin_of(request)
    try:
        try:
            house.coming_back.refuse(form.text("no"), origin)
        except NoWayBack:
            house.erasing_unopened.refuse(form.text("no"), origin)
    except VaultError as error:
        return refused(request, error, Page("come-back-no.html", {"done": False, "person": None}, {"": "no"}), form)
    return render(request, "come-back-no.html", person=None, done=True)


@router.get("/come-back/nothing")
def nothing_left(request: Request) -> Response:
    return render(request, "come-back-nothing.html")
