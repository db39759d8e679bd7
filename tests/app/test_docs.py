"""Every public word has a line in the docs, and the OpenAPI document says what is true."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from app.api_docs import error_codes
from app.cli import _parser
from app.openapi import describe, operations
from app.settings import PREFIX, Settings
from tests.app.conftest import House
from vault.audit.events import Event, Outcome

DOCS = Path(__file__).resolve().parents[2] / "docs"
CONTRACT = """
POST /api/accounts
POST /api/archive
POST /api/samples
GET /api/account
POST /api/account/recovery-code
POST /api/account/recovery-code/confirm
POST /api/account/passphrase
POST /api/account/email
POST /api/account/email/confirm
POST /api/sessions
POST /api/sessions/current/proof
POST /api/sessions/current/code
GET /api/account/second-factor
POST /api/account/second-factor
POST /api/account/second-factor/confirm
DELETE /api/account/second-factor
GET /api/sessions
DELETE /api/sessions/others
DELETE /api/sessions/{sign_in_id}
GET /api/ways-in
POST /api/ways-in/passphrases
POST /api/ways-in/recovery-codes
POST /api/ways-in/{way_id}/confirm
PUT /api/ways-in/{way_id}/name
DELETE /api/ways-in/{way_id}
DELETE /api/sessions/current
DELETE /api/sessions
GET /api/programs
POST /api/programs
DELETE /api/programs/{program_id}
POST /api/keys
GET /api/vocabulary
POST /api/imports
POST /api/imports/staged
GET /api/imports/staged
GET /api/imports/staged/{import_id}
POST /api/imports/staged/{import_id}/confirm
DELETE /api/imports/staged/{import_id}
GET /api/imports
GET /api/imports/{import_id}
DELETE /api/imports/{import_id}
POST /api/imports/{import_id}/undo
POST /api/imports/{import_id}/restore
POST /api/imports/{import_id}/parts/discard
POST /api/results
GET /api/results
GET /api/results/latest
PUT /api/results/pins
GET /api/results/{record_id}
GET /api/records
GET /api/records/{record_id}
GET /api/records/{record_id}/original
DELETE /api/records/{record_id}
DELETE /api/records/{record_id}/private
PUT /api/records/{record_id}/private
POST /api/records/{record_id}/restore
GET /api/documents/{record_id}
GET /api/documents/{record_id}/pages/{number}
POST /api/documents/{record_id}/pages/{number}
POST /api/documents/{record_id}/results
GET /api/deliveries
GET /api/deliveries/{address}
POST /api/deliveries/{address}
POST /api/deliveries/{delivery_id}/answer
DELETE /api/deliveries/{delivery_id}
GET /api/senders
POST /api/senders
DELETE /api/senders/{sender_id}
POST /api/grants/preview
POST /api/grants
GET /api/grants
GET /api/grants/{grant_id}
POST /api/grants/{grant_id}/withdraw
POST /api/grants/{grant_id}/show
POST /api/sessions/current/give-back
POST /api/handovers
GET /api/handovers/{handover_id}
DELETE /api/handovers/{handover_id}
POST /api/handovers/{handover_id}/reveal
POST /api/handovers/{handover_id}/fetch
POST /api/handovers/claims
GET /api/handovers/{handover_id}/digits
POST /api/handovers/{handover_id}/give
POST /api/handovers/{handover_id}/stop
POST /shl/{link_id}
POST /shl/{link_id}/ask
GET /api/erase/{record_id}
POST /api/erase/{record_id}
POST /api/erase
GET /api/erased/{address}
POST /api/erased/{address}/certificate
GET /api/certificate-key
GET /api/looking-after
POST /api/looking-after
POST /api/looking-after/back
POST /api/looking-after/answers
POST /api/looking-after/sheet
POST /api/looking-after/{vault_id}/act
POST /api/looking-after/{vault_id}/reviewed
DELETE /api/looking-after/{vault_id}
GET /api/looking-after/hand-over
POST /api/looking-after/hand-over
POST /api/looking-after/hand-over/invitation
DELETE /api/looking-after/hand-over/invitation
POST /api/take-over
POST /api/take-over/answer
GET /api/carers
POST /api/carers/invitations
POST /api/carers/invitations/{invitation_id}/accept
DELETE /api/carers/invitations/{invitation_id}
PUT /api/carers/{carer_id}/powers
DELETE /api/carers/{carer_id}
GET /api/notices
POST /api/notices/seen
GET /api/account/notices
PUT /api/account/notices
POST /api/grants/{grant_id}/freeze
POST /api/grants/{grant_id}/unfreeze
GET /shl/{link_id}/files/{ticket}
GET /api/log
GET /api/admin/log
GET /api/admin/log/copy
GET /api/admin/acts
GET /health/live
GET /health/ready
"""


def first_cells(page: str) -> dict[str, list[str]]:
    """The word in backticks that opens a table row → the row's other cells."""
    rows = re.findall(r"^\| `([^`]+)` \|(.*)\|$", (DOCS / page).read_text(), re.MULTILINE)
    return {word: [cell.strip() for cell in rest.split(" | ")] for word, rest in rows}


def test_every_error_code_is_in_the_docs_with_its_status() -> None:
    documented = {code: int(cells[0]) for code, cells in first_cells("errors.md").items()}
    assert documented == {code: status for code, (status, _) in error_codes().items()}


def test_every_setting_is_in_the_docs() -> None:
    documented = {word for word in first_cells("operations.md") if word.startswith(PREFIX)}
    assert documented == {PREFIX + name.upper() for name in Settings.model_fields}


def test_every_command_and_option_is_in_the_docs() -> None:
    text = (DOCS / "operations.md").read_text()
    for name, command in next(iter(_parser()._subparsers._group_actions)).choices.items():  # type: ignore[union-attr]
        assert f"`healthvault {name}`" in text
        for words in words_of(command):
            assert re.search(rf"`[^`]*(?<![\w-]){re.escape(words)}(?![\w-])[^`]*`", text), words


def words_of(command: argparse.ArgumentParser) -> Iterator[str]:
    """Options, places and acts of a command, those of its acts too."""
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, act in action.choices.items():
                yield name
                yield from words_of(act)
        elif action.dest != "help":
            yield action.option_strings[0] if action.option_strings else action.dest.upper()


def test_every_event_and_outcome_is_in_the_docs() -> None:
    words = first_cells("operations.md")
    assert {str(event) for event in Event} <= set(words)
    assert all(f"`{outcome}`" in (DOCS / "operations.md").read_text() for outcome in Outcome)


def test_every_job_is_in_the_docs(sqlite_house: House) -> None:
    assert set(sqlite_house.services.runner._jobs) <= set(first_cells("operations.md"))


def test_the_document_lists_exactly_the_calls_of_the_contract(sqlite_house: House) -> None:
    document = sqlite_house.client.get("/api/openapi.json").json()
    listed = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
    assert listed == set(CONTRACT.strip().splitlines())


def test_every_reference_of_the_document_leads_somewhere(sqlite_house: House) -> None:
    document = describe(sqlite_house.app)
    references = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert references <= set(document["components"]["schemas"])
    assert "HTTPValidationError" not in str(document)
    for operation in operations(document):
        assert operation["summary"]
        assert {"422", "500", "503"} <= set(operation["responses"])


def test_the_docs_page_is_our_own_and_names_every_call_and_code(sqlite_house: House) -> None:
    page = sqlite_house.client.get("/api/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" not in page.text
    assert "http://" not in page.text.replace("http://localhost", "")
    for path in describe(sqlite_house.app)["paths"]:
        assert path in page.text
    for code in error_codes():
        assert f'id="{code}"' in page.text
