"""The JSON API: thin routes over the services, with their wire models beside them."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from app.api import (
    accounts,
    admin,
    archiving,
    carers,
    caring,
    deliveries,
    documents,
    erasing,
    grants,
    handing_over,
    handover,
    health,
    imports,
    keys,
    log,
    new_address,
    notices,
    programs,
    records,
    results,
    second_factor,
    sessions,
    shl,
    staged,
    vocabulary,
    ways_in,
)
from app.api.answers import known_parameters


def routes() -> APIRouter:
    """All of them. A misspelt query parameter is refused: ignoring a filter would show too much."""
    router = APIRouter(dependencies=[Depends(known_parameters)])
    citizens = (
        accounts,
        sessions,
        second_factor,
        programs,
        keys,
        new_address,
        vocabulary,
        staged,
        imports,
        results,
        records,
        documents,
        deliveries,
        archiving,
        erasing,
        grants,
        handing_over,
        caring,
        carers,
        handover,
        log,
        notices,
        ways_in,
    )
    for module in (*citizens, admin, shl, health):
        router.include_router(module.router)
    return router
