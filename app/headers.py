"""Headers on every answer, errors included: a strict CSP, no sniffing, no referrer, nothing kept in caches.

Pure ASGI, outermost, because framework middleware leaves them off a 500. The data plane of SMART Health Links is open
to viewers of any origin, without credentials, preflight included.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
EVERYWHERE = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
LINK_PREFIX = "/shl/"
VIEWING_HEADER = "Vault-Viewing"
OPEN_TO_ALL = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": f"{VIEWING_HEADER}, Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": f"Content-Type, {VIEWING_HEADER}",
    "Access-Control-Max-Age": "600",
}


class Headers:
    """``hsts`` when the vault is served by https."""

    def __init__(self, app: ASGIApp, hsts: bool) -> None:
        self._app = app
        self._hsts = hsts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_link = scope["path"].startswith(LINK_PREFIX)
        if is_link and scope["method"] == "OPTIONS":
            await _preflight(send, self._for(is_link=True))
            return
        extra = self._for(is_link)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in extra.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _for(self, is_link: bool) -> dict[str, str]:
        headers = EVERYWHERE | (OPEN_TO_ALL if is_link else {"Cross-Origin-Resource-Policy": "same-origin"})
        return headers | {"Strict-Transport-Security": "max-age=31536000"} if self._hsts else headers


async def _preflight(send: Send, headers: dict[str, str]) -> None:
    raw = [(name.lower().encode(), value.encode()) for name, value in (headers | PREFLIGHT).items()]
    await send({"type": "http.response.start", "status": 204, "headers": raw})
    await send({"type": "http.response.body", "body": b""})
