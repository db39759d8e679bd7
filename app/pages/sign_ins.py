"""Where you are signed in: each device in plain words, and signing out one of them or all others."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.deps import clear_session_cookie, origin_of, services
from app.pages.rendering import render
from app.pages.visitors import Owner
from app.texts import _
from auth.devices import Device
from vault.ids import SessionId, parse_id

router = APIRouter()

_BROWSERS = {
    "edge": _("Edge"),
    "opera": _("Opera"),
    "samsung": _("Samsung Internet"),
    "firefox": _("Firefox"),
    "chrome": _("Chrome"),
    "safari": _("Safari"),
}
_SYSTEMS = {
    "iphone": _("iPhone"),
    "ipad": _("iPad"),
    "android": _("Android"),
    "chromeos": _("Chromebook"),
    "windows": _("Windows"),
    "mac": _("Mac"),
    "linux": _("Linux"),
}
DONE = {
    "one": _("Signed out there."),
    "others": _("Signed out on every other device."),
}


@router.get("/account/sign-ins")
def list_sign_ins(request: Request, session: Owner, done: str = "") -> Response:
    settings = services(request).settings
    values: dict[str, Any] = {
        "sign_ins": services(request).sign_ins.list(session),
        "device": device_words,
        "done": DONE.get(done, ""),
        "hours": settings.session_hours,
        "idle": idle_words(settings.session_idle_minutes),
    }
    return render(request, "sign-ins.html", here="/account", **values)


@router.post("/account/sign-ins/others/end")
def end_others(request: Request, session: Owner) -> Response:
    services(request).sign_ins.end_others(session, origin_of(request))
    return RedirectResponse("/account/sign-ins?done=others", 303)


@router.post("/account/sign-ins/{sign_in_id}/end")
def end(request: Request, session: Owner, sign_in_id: str) -> Response:
    wanted = SessionId(parse_id(sign_in_id))
    services(request).sign_ins.end(session, wanted, origin_of(request))
    if wanted != session.session_id:
        return RedirectResponse("/account/sign-ins?done=one", 303)
    response = RedirectResponse("/", 303)
    clear_session_cookie(response)
    return response


def device_words(device: Device) -> str:
    """Such as *Firefox on Windows*."""
    browser = _BROWSERS.get(device.browser)
    system = _SYSTEMS.get(device.system)
    if browser and system:
        return _("{browser} on {system}").format(browser=browser, system=system)
    return browser or system or _("A program, or an unknown browser")


def idle_words(minutes: int) -> str:
    """A length of time: whole hours where it is some."""
    if minutes % 60 == 0:
        hours = minutes // 60
        return _("1 hour") if hours == 1 else _("{hours} hours").format(hours=hours)
    return _("{minutes} minutes").format(minutes=minutes)
