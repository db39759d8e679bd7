"""Help for people who are pushed to share: a plain page, the same for everybody, without account or log entry."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.pages.rendering import render

router = APIRouter()


@router.get("/help/pressure")
def help_page(request: Request) -> Response:
    return render(request, "help-pressure.html")
