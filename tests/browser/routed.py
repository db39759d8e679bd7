"""A link whose answers a test decides: sealed like the vault's, given by routes of the browser alone."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page, Route, expect

from vault.crypto.jwe import seal_jwe
from vault.crypto.secret import LinkKey

FHIR = "application/fhir+json"
PLACE = "a" * 43


@dataclass
class RoutedLink:
    """``files``: parsed FHIR, the bundle first; those after ``embedded`` are fetched by their place."""

    base: str
    files: list[dict[str, Any]]
    embedded: int = 1
    expires_in: float = 7 * 86_400
    flag: str = ""
    status: int = 200
    said: dict[str, Any] = field(default_factory=dict)
    fetched: list[int] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    manifests: int = 0
    stale: bool = False
    key: LinkKey = field(default_factory=LinkKey.make)

    @property
    def url(self) -> str:
        return f"{self.base}/shl/{PLACE}"

    @property
    def link(self) -> str:
        payload = {
            "url": self.url,
            "key": base64.urlsafe_b64encode(self.key.raw).decode().rstrip("="),
            "exp": int(time.time() + self.expires_in),
            "flag": self.flag,
            "v": 1,
        }
        text = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
        return f"{self.base}/view#shlink:/{text}"

    def serve(self, page: Page) -> RoutedLink:
        page.route(f"**/shl/{PLACE}", self._manifest)
        page.route(f"**/shl/{PLACE}/files/*", self._file)
        page.route(f"**/shl/{PLACE}/ask", self._ask)
        return self

    def open(self, page: Page, name: str = "Dr Ada Okafor, Hill Street Surgery") -> RoutedLink:
        """Serve it, go there and press Open."""
        self.serve(page)
        page.goto(self.link)
        page.get_by_label("Your name and where you work").fill(name)
        page.get_by_role("button", name="Open").click()
        expect(page.locator("#patient")).to_be_visible()
        return self

    def _sealed(self, number: int) -> str:
        return seal_jwe(self.key, json.dumps(self.files[number]).encode(), FHIR)

    def _manifest(self, route: Route) -> None:
        if self.status != 200:
            route.fulfill(status=self.status, json=self.said)
            return
        self.manifests += 1
        files = [
            {"contentType": FHIR, "embedded": self._sealed(i)}
            if i < self.embedded
            else {"contentType": FHIR, "location": f"{self.url}/files/{i}?open={self.manifests}"}
            for i in range(len(self.files))
        ]
        route.fulfill(json={"status": "finalized", "files": files}, headers={"Vault-Viewing": "token"})

    def _file(self, route: Route) -> None:
        number = int(route.request.url.rsplit("/", 1)[1].partition("?")[0])
        if self.status != 200 or (self.stale and route.request.url.endswith("open=1")):
            route.fulfill(status=404, json=self.said)
            return
        self.fetched.append(number)
        route.fulfill(body=self._sealed(number), content_type="application/jose")

    def _ask(self, route: Route) -> None:
        self.asked.append(route.request.post_data_json)
        route.fulfill(status=202, json={})
