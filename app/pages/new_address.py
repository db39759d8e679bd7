"""Another e-mail address: stated, proven by a mailed code, then moved. The old address is told."""

from __future__ import annotations

from fastapi import APIRouter, BackgroundTasks, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import origin_of, services
from app.pages.forms import Page, Submitted, incomplete, refused
from app.pages.rendering import render
from app.pages.visitors import ProvenCitizen, ProvenReader
from app.texts import _
from vault.errors import VaultError

router = APIRouter()
_EMAIL = {"email": _("Please enter the new address.")}
_CODE = _EMAIL | {"mail_code": _("Please type the code from the mail.")}


@router.get("/account/e-mail")
def new_address(request: Request, session: ProvenReader) -> Response:
    now = services(request).accounts.email(session.vault_id, session.account_id)
    return render(request, "new-address.html", here="/account", now=now, can_mail=services(request).can_mail)


@router.post("/account/e-mail")
def ask(request: Request, session: ProvenCitizen, form: Submitted, later: BackgroundTasks) -> Response:
    """The same answer whether or not the address has an account; the mail leaves after it."""
    house = services(request)
    now = house.accounts.email(session.vault_id, session.account_id)
    page = Page("new-address.html", {"here": "/account", "now": now, "can_mail": house.can_mail}, {"": "email"})
    if again := incomplete(request, form, page, _EMAIL):
        return again
    try:
        asked = house.new_address.ask(session, form.text("email"), origin_of(request))
    except VaultError as error:
        return refused(request, error, page, form)
    later.add_task(house.address_mail.send_code, asked)
    return render(request, "new-address-code.html", here="/account", typed={"email": (asked.email,)})


@router.post("/account/e-mail/confirm")
def confirm(request: Request, session: ProvenCitizen, form: Submitted, later: BackgroundTasks) -> Response:
    house = services(request)
    page = Page("new-address-code.html", {"here": "/account"}, {"": "mail_code"})
    if again := incomplete(request, form, page, _CODE):
        return again
    try:
        changed = house.new_address.change(session, form.text("email"), form.text("mail_code"), origin_of(request))
    except VaultError as error:
        return refused(request, error, page, form)
    later.add_task(house.address_mail.tell_old, changed)
    return RedirectResponse("/account?address=1", 303)
