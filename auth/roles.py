"""Roles: what an account may do. A citizen has a vault of records; an admin audits access and sees none."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    CITIZEN = "citizen"
    ADMIN = "admin"
