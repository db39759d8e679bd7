"""Receipts: the signed paper that both sides may keep. Spec: docs/specs/receipt.md.

A FHIR R4 Consent inside, beside it what ISO/IEC TS 27560 and 45 CFR 164.508(c) ask for. The server signs; it can be
checked without the vault, and it holds no value of any measurement.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sharing.consent.terms import PURPOSES
from sharing.grants.agreement import EVIDENCE, Agreement
from vault.crypto.context import ctx
from vault.crypto.signatures import verify
from vault.errors import Tampered
from vault.ids import text_of
from vault.keys.provider import KeyProvider

PURPOSE = "receipt"
FORMAT = "health-data-vault-receipt/1"
_V3_PURPOSES = {"treatment": "TREAT", "second-opinion": "TREAT", "family": "FAMRQT", "support": "SUPNWK"}
_V3_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_CONSENT_ACTION = "http://terminology.hl7.org/CodeSystem/consentaction"
_ACTIONS = {"view": "access", "print": "use", "download": "collect"}
_STANDING = {
    "right_to_stop": "The giver may stop this share at any time, without a reason, on the page Shares of their vault.",
    "after_stopping": "What was seen or kept before stopping can't be taken back.",
    "passing_on": "The receiver may pass on what they learn; the law that binds them may protect it or may not.",
    "no_condition": "Nobody may make care, payment or a benefit depend on this share.",
    "copy_given": "The giver keeps this receipt in their vault and may hand out copies.",
}


def make_receipt(
    provider: KeyProvider, agreement: Agreement, giver: str, service: str, ended: tuple[str, datetime] | None = None
) -> dict[str, Any]:
    """``{receipt, signature}`` as JSON values. ``ended``: (withdrawn or expired, when) for the receipt of the end."""
    receipt = _receipt(agreement, giver, service, ended)
    signature = {
        "algorithm": "Ed25519",
        "key_id": provider.key_ids()["receipts"],
        "public_key": _base64url(provider.public_key("receipts")),
        "value": _base64url(provider.sign("receipts", signed_bytes(receipt))),
    }
    return {"receipt": receipt, "signature": signature}


def check_receipt(signed: Mapping[str, Any], public_key: bytes) -> None:
    """Return if the receipt is as signed by ``public_key`` (32 bytes); Tampered otherwise."""
    try:
        value = base64.urlsafe_b64decode(signed["signature"]["value"] + "==")
        data = signed_bytes(signed["receipt"])
    except (KeyError, TypeError, ValueError):
        raise Tampered from None
    verify(public_key, value, data)


def to_bytes(signed: Mapping[str, Any]) -> bytes:
    """As it is sealed and handed out: UTF-8 JSON."""
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":")).encode()


def from_bytes(data: bytes) -> dict[str, Any]:
    """What ``to_bytes`` wrote."""
    return dict(json.loads(data))


def signed_bytes(receipt: Mapping[str, Any]) -> bytes:
    """ctx("receipt/1") and the receipt by RFC 8785: sorted names, no white space. It holds no fraction of a number."""
    return ctx("receipt/1") + json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _receipt(agreement: Agreement, giver: str, service: str, ended: tuple[str, datetime] | None) -> dict[str, Any]:
    terms, statement = agreement.terms, agreement.statement
    erased_at = agreement.erased_at
    demanded = {"sign_in": {"issuer": terms.sign_in, "email": terms.recipient.email}} if terms.sign_in else {}
    erased = {"erased": {"count": agreement.erased, "last_at": _moment(erased_at)}} if erased_at else {}
    return (
        {
            "format": FORMAT,
            "receipt_of": "end" if ended else "grant",
            "grant_id": text_of(agreement.grant_id),
            "grant_version": agreement.version,
            "giver": giver,
            "receiver": {"name": terms.recipient.name, "email": terms.recipient.email, "proven": False},
            "service": service,
            "legal_basis": "consent",
            "purpose": {"code": terms.purpose, "text": PURPOSES[terms.purpose]},
            "given_at": _moment(agreement.granted_at),
            "given_by": EVIDENCE,
            "ends_at": _moment(terms.expires_at),
            "ended": {"how": ended[0], "at": _moment(ended[1])} if ended else None,
            "actions": sorted(terms.actions),
            "passcode": terms.with_passcode,
            "most_opens": terms.max_opens,
            "records": [
                {"record_id": each.record_id, "version": each.version, "title": each.title}
                for each in agreement.records
            ],
            "notice": {
                "id": statement.id,
                "version": statement.version,
                "locale": statement.locale,
                "sha256": agreement.statement_sha256,
                "text": statement.text,
            },
            "rights": dict(_STANDING),
            "consent": _consent(agreement, giver, is_over=ended is not None),
        }
        | demanded
        | erased
    )


def _consent(agreement: Agreement, giver: str, is_over: bool) -> dict[str, Any]:
    """The same as a FHIR R4 Consent."""
    terms = agreement.terms
    return {
        "resourceType": "Consent",
        "id": text_of(agreement.grant_id),
        "status": "inactive" if is_over else "active",
        "scope": _concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [_concept("http://loinc.org", "59284-0")],
        "patient": {"display": giver},
        "dateTime": _moment(agreement.granted_at),
        "performer": [{"display": giver}],
        "policyRule": {"text": f"Statement {agreement.statement.id}"},
        "provision": {
            "type": "permit",
            "period": {"start": _moment(agreement.granted_at), "end": _moment(terms.expires_at)},
            "actor": [
                {
                    "role": _concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP"),
                    "reference": {"display": terms.recipient.name},
                }
            ],
            "action": [_concept(_CONSENT_ACTION, _ACTIONS[each]) for each in sorted(terms.actions)],
            "purpose": [{"system": _V3_REASON, "code": _V3_PURPOSES[terms.purpose]}],
            "data": [
                {"meaning": "instance", "reference": {"reference": f"urn:uuid:{each.record_id}", "display": each.title}}
                for each in agreement.records
            ],
        },
    }


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def _moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
