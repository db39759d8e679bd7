"""The JSON API: thin routes over the services, with their wire models beside them."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from app.api import accounts, admin, grants, health, imports, log, records, results, sessions, shl, vocabulary
from app.api.answers import known_parameters


def routes() -> APIRouter:
    """All of them. A misspelt query parameter is refused: ignoring a filter would show too much."""
    router = APIRouter(dependencies=[Depends(known_parameters)])
    for module in (accounts, sessions, vocabulary, imports, results, records, grants, log, admin, shl, health):
        router.include_router(module.router)
    return router
