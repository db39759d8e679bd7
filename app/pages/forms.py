"""Forms as people send them: bounded, in memory alone, never on disk, text as it was typed.

``Form.kept`` is what may go back into a refused form: everything but secrets.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

from fastapi import Depends, Request, Response
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser

from app import errors, refusals
from app.deps import known_session
from app.pages.rendering import render
from app.powers import OPENED_IN, check_whose
from app.problems import problem_of
from app.texts import _
from auth.roles import Role
from vault.errors import Invalid, TooLarge, TooManyTries, VaultError

MAX_FORM_BYTES = 256 * 1024
MAX_UPLOAD_BYTES = 10 * 1024 * 1024
MAX_FIELDS = 1_000
MAX_DRAINED_BYTES = 64 * 1024 * 1024
SECRETS = frozenset(
    {
        *("password", "passphrase", "new_passphrase"),
        *("passcode", "recovery_code", "last_group", "shown"),
        *("credential", "output"),
    }
)


@dataclass(frozen=True, slots=True)
class Uploaded:
    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Form:
    """Text fields in their order, and at most one file; ``is_too_large`` if that was over the limit and left unread."""

    values: Mapping[str, tuple[str, ...]]
    upload: Uploaded | None = None
    is_too_large: bool = False

    def text(self, name: str) -> str:
        """The field without space around it; empty if it wasn't sent."""
        return self.secret(name).strip()

    def secret(self, name: str) -> str:
        """The field exactly as typed."""
        return self.values.get(name, ("",))[0]

    def many(self, name: str) -> tuple[str, ...]:
        return tuple(value for value in self.values.get(name, ()) if value)

    @property
    def kept(self) -> dict[str, tuple[str, ...]]:
        return {name: values for name, values in self.values.items() if name not in SECRETS}


class _InMemory(MultiPartParser):
    spool_max_size = MAX_UPLOAD_BYTES + MAX_FORM_BYTES


async def _form(request: Request) -> Form:
    if "content-type" not in request.headers and request.headers.get("content-length", "0") == "0":
        return _of_this_vault(request, Form({}))  # A press alone: it sends nothing.
    body = await _body(request, "application/x-www-form-urlencoded", MAX_FORM_BYTES)
    form = _texts(await _parse(FormParser(request.headers, _once(body))))
    return _of_this_vault(request, form)


def _of_this_vault(request: Request, form: Form) -> Form:
    """OtherPerson, if who is at the page is known already; else whoever asks for them looks at ``state.form``."""
    request.state.form = form
    session = known_session(request)
    if session is not None and session.role is Role.CITIZEN:
        check_whose(session, form.text(OPENED_IN))
    return form


def sent_form(request: Request) -> Form:
    """What this request sent, for whoever answers in place of its route; empty if no form was read."""
    return cast(Form, getattr(request.state, "form", Form({})))


async def _upload(request: Request) -> Form:
    try:
        body = await _body(request, "multipart/form-data", MAX_UPLOAD_BYTES + MAX_FORM_BYTES)
    except TooLarge:
        return Form({}, is_too_large=True)
    parsed = await _parse(_InMemory(request.headers, _once(body), max_files=1, max_fields=20))
    file = next((value for value in parsed.values() if isinstance(value, UploadFile)), None)
    if file is None:
        return _of_this_vault(request, _texts(parsed))
    data = await file.read()
    await parsed.close()
    if len(data) > MAX_UPLOAD_BYTES:
        return Form({}, is_too_large=True)
    upload = Uploaded(file.filename or "", file.content_type or "", data)
    return _of_this_vault(request, _texts(parsed, upload))


Submitted = Annotated[Form, Depends(_form)]
SubmittedFile = Annotated[Form, Depends(_upload)]


async def _body(request: Request, media_type: str, most: int) -> bytes:
    """The whole body. One that is too large is read to its end first, so that the answer reaches the browser."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != media_type:
        raise errors.BadRequest
    kept, seen = bytearray(), 0
    async for chunk in request.stream():
        seen += len(chunk)
        if seen > MAX_DRAINED_BYTES:
            raise TooLarge
        if seen <= most:
            kept += chunk
    if seen > most:
        raise TooLarge
    return bytes(kept)


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


async def _parse(parser: FormParser | MultiPartParser) -> FormData:
    try:
        parsed = await parser.parse()
    except (MultiPartException, ValueError, KeyError):
        raise errors.BadRequest from None
    if len(parsed.multi_items()) > MAX_FIELDS:
        raise errors.BadRequest
    return parsed


def _texts(parsed: FormData, upload: Uploaded | None = None) -> Form:
    values: dict[str, tuple[str, ...]] = {}
    for name, value in parsed.multi_items():
        if isinstance(value, str):
            values[name] = (*values.get(name, ()), value)
    return Form(values, upload)


@dataclass(frozen=True, slots=True)
class Page:
    """A form's template and what it needs besides the faults; ``fields`` maps a service's field to the form's."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)


def refused(request: Request, error: VaultError, page: Page, form: Form) -> Response:
    """The same form again, with what was typed, what was wrong with it, and the status that a program would get."""
    refusals.record(request, error)
    problem = problem_of(error)
    named = (error.field or "") if isinstance(error, Invalid) else ""
    name = page.fields.get(named, named.partition("[")[0])
    suggestion = getattr(error, "suggestion", None) or page.values.get("suggestion")
    values = {**page.values, "suggestion": suggestion}
    response = render(request, page.template, problem.status, faults={name: _advice(error)}, typed=form.kept, **values)
    response.headers.update({key: value for key, value in problem.headers.items() if key == "Retry-After"})
    return response


def incomplete(request: Request, form: Form, page: Page, needed: Mapping[str, str]) -> Response | None:
    """The form again with every needed field (field → advice) that is empty named at once; None if none is."""
    faults = {name: advice for name, advice in needed.items() if not form.text(name)}
    if not faults:
        return None
    return render(request, page.template, 422, faults=faults, typed=form.kept, **{"suggestion": None, **page.values})


def _advice(error: VaultError) -> str:
    if not isinstance(error, TooManyTries):
        return error.advice
    minutes = -(-error.retry_after_seconds // 60)
    if minutes <= 1:
        return _("Too many tries. Please wait a minute and try again.")
    return _("Too many tries. Please wait {minutes} minutes and try again.").format(minutes=minutes)
