"""The app, put together: services, doors, routes, pages. ``create_app`` takes settings and reads no environment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, Response

from app import api, migrations, pages, problems
from app.api_docs import render
from app.demo import fill
from app.doors import Backstop, EvenTime, SameSite
from app.headers import Headers
from app.openapi import VERSION, describe
from app.samples.looking_around import LookingAround
from app.settings import Settings, check_settings
from app.wiring import make_services
from vault.clock import Clock
from vault.crypto.passphrases import Cost


def create_app(
    settings: Settings, *, clock: Clock | None = None, cost: Cost | None = None, jobs: bool = True
) -> FastAPI:
    """A whole app over a migrated database. ``clock``, ``cost`` and ``jobs`` are for tests."""
    check_settings(settings)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    migrations.upgrade(settings.sqlalchemy_url)
    services = make_services(settings, clock, cost)
    looking_around: LookingAround | None = None
    if services.samples is not None:
        fill(services, services.samples)
        looking_around = LookingAround(services)
        looking_around.register()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = settings.threads
        if jobs:
            services.runner.start()
        yield
        await to_thread.run_sync(services.close)

    app = FastAPI(
        title="Health data vault",
        version=VERSION,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    app.state.looking_around = looking_around
    problems.install(app)
    app.include_router(api.routes())
    _add_documents(app)
    pages.routes(app)
    # The last one added is the outermost.
    app.add_middleware(SameSite, own_origin=settings.public_url)
    app.add_middleware(Backstop)
    app.add_middleware(EvenTime)
    app.add_middleware(Headers, hsts=settings.public_url.startswith("https:"))
    return app


def _add_documents(app: FastAPI) -> None:
    @app.get("/api/openapi.json", include_in_schema=False)
    def openapi() -> Response:
        return JSONResponse(describe(app))

    @app.get("/api/docs", include_in_schema=False)
    def docs() -> Response:
        return HTMLResponse(render(describe(app)))
