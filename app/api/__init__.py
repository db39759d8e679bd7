"""The JSON API: thin routes over the services, with their wire models beside them."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from app.api import (
    accounts,
    admin,
    documents,
    grants,
    handover,
    health,
    imports,
    log,
    notices,
    records,
    results,
    sessions,
    shl,
    staged,
    vocabulary,
)
from app.api.answers import known_parameters


def routes() -> APIRouter:
    """All of them. A misspelt query parameter is refused: ignoring a filter would show too much."""
    router = APIRouter(dependencies=[Depends(known_parameters)])
    citizens = (
        accounts,
        sessions,
        vocabulary,
        staged,
        imports,
        results,
        records,
        documents,
        grants,
        handover,
        log,
        notices,
    )
    for module in (*citizens, admin, shl, health):
        router.include_router(module.router)
    return router
