"""Pure ASGI doors around the routes: what must not come in stops at one, stray exceptions end at another.

Cross-site: an unsafe request passes if ``Sec-Fetch-Site`` says same-origin or none; without that header its ``Origin``
must be ours; without both it must not carry our cookie. A bearer token is never sent by a browser on its own, and the
data plane of links takes no cookie, so neither needs the check.
"""

from __future__ import annotations

import re
import time
from urllib.parse import unquote

import anyio
import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.deps import COOKIE, LOCKED_COOKIE
from app.errors import CrossSite, TokenInAddress
from app.headers import LINK_PREFIX
from app.problems import of_foreign, refuse_by_class

BEAT_SECONDS = 0.25
SIGN_IN_PATHS = frozenset({"/api/sessions", "/sign-in", "/admin/sign-in", "/come-back"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_TOKEN = re.compile(r"hvd?1_[A-Za-z0-9_-]{20}", re.ASCII)
_say = structlog.get_logger("healthvault")


def check_address(request: Request) -> None:
    """TokenInAddress if the path or the query holds what looks like one of our tokens, however it is encoded."""
    if _TOKEN.search(unquote(request.scope["path"] + "?" + request.scope["query_string"].decode("latin-1"))):
        raise TokenInAddress


def check_same_site(request: Request, own_origin: str) -> None:
    """CrossSite unless the request could only come from our own pages or from a program."""
    if request.method in SAFE_METHODS or request.url.path.startswith(LINK_PREFIX):
        return
    if request.headers.get("authorization", "").lower().startswith("bearer "):
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise CrossSite
        return
    origin = request.headers.get("origin")
    if origin is not None:
        if origin != own_origin:
            raise CrossSite
        return
    if COOKIE in request.cookies or LOCKED_COOKIE in request.cookies:
        raise CrossSite


class SameSite:
    def __init__(self, app: ASGIApp, own_origin: str) -> None:
        self._app = app
        self._own_origin = own_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            check_address(Request(scope))
            check_same_site(Request(scope), self._own_origin)
        await self._app(scope, receive, send)


class Backstop:
    """No exception leaves it: what nobody expected becomes a 500 or 503 without contents. Logs one line a request.

    The line holds method, route pattern, status and milliseconds; never the address asked for, which may hold secrets.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            if status:  # The answer has begun: all that is left is to cut it off.
                raise
            fault = of_foreign(error)
            if fault is not error:
                _say.error("unexpected", kind=type(error).__name__, at=_place_of(error))
            request = Request(scope)
            response = await run_in_threadpool(refuse_by_class, request, fault)
            await response(scope, receive, watch)
        finally:
            route = getattr(scope.get("route"), "path", "-")
            milliseconds = round((time.perf_counter() - began) * 1000, 1)
            _say.info("request", method=scope["method"], route=route, status=status, ms=milliseconds)


def _place_of(error: Exception) -> str:
    """File and line of the innermost frame: enough to find a fault, and nothing that was in it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "-"
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"


class EvenTime:
    """What mustn't be told by an answer isn't told by its time: whether a dead link ever was, whether asking was heard,
    whether an account is.

    Such refusals leave on the next beat of a quarter second, whatever was done for them. Waiting holds no thread.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()

        async def evenly(message: Message) -> None:
            if message["type"] == "http.response.start" and _tells_nothing(scope["path"], message["status"]):
                await anyio.sleep(-(time.monotonic() - began) % BEAT_SECONDS)
            await send(message)

        await self._app(scope, receive, evenly)


def _tells_nothing(path: str, status: int) -> bool:
    return path.startswith(LINK_PREFIX) if status in {202, 404} else status == 401 and path in SIGN_IN_PATHS
