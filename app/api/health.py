"""Probes: is the process alive, and can it serve."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from app.api.answers import answer_json, operation
from app.deps import services
from app.errors import Unavailable

router = APIRouter(tags=["Health"], prefix="/health")


class Health(BaseModel):
    status: str


@router.get("/live", **operation("The process answers", model=Health, signed_in=False))
def live() -> Response:
    return answer_json({"status": "ok"})


@router.get("/ready", **operation("Database and keys answer", model=Health, signed_in=False))
def ready(request: Request) -> Response:
    try:
        services(request).check()
    except Exception:
        raise Unavailable from None
    return answer_json({"status": "ok"})
