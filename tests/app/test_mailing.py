"""Mail about notices: only to who wants it, once, with nothing in it; tried again, then given up where they see it."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from aiosmtpd.controller import Controller
from starlette.testclient import TestClient

from app.mailing import Mailing
from sharing.mail_queue import MailQueue
from tests.app.conftest import House, fhir, observation, open_house
from tests.app.test_sharing_api import filled, granted, link_path
from tests.conftest import FixedClock
from vault.database import Database
from vault.mail import Letter, MailNotSent


@dataclass
class Postbox:
    """Takes letters, or fails as told."""

    letters: list[Letter] = field(default_factory=list)
    failing: MailNotSent | None = None
    tried: int = 0
    lock: Any = field(default_factory=Lock)

    def send(self, letter: Letter) -> None:
        with self.lock:
            self.tried += 1
            if self.failing is not None:
                raise self.failing
            self.letters.append(letter)


def mailing_of(house: House, postbox: Postbox | None) -> Mailing:
    services = house.services
    queue = MailQueue(services.database, services.clock)
    return Mailing(queue, services.mailboxes, postbox, "http://localhost:8000")


def opened(house: House, *, by_mail: bool, name: str = "Dr Stranger") -> TestClient:
    person = filled(house)
    person.put("/api/account/notices", json={"by_mail": by_mail})
    assert house.client.post(link_path(granted(person)), json={"recipient": name}).status_code == 200
    return person


def test_who_stays_in_the_app_gets_no_mail_ever(house: House) -> None:
    person, postbox = opened(house, by_mail=False), Postbox()
    assert mailing_of(house, postbox).run() == 0
    person.put("/api/account/notices", json={"by_mail": True})
    house.clock.advance(timedelta(minutes=110))
    assert mailing_of(house, postbox).run() == 0
    assert postbox.tried == 0
    assert person.get("/api/notices").json()["unseen"] == 1


def test_a_mail_says_that_there_is_something_and_nothing_of_it(house: House) -> None:
    opened(house, by_mail=True)
    postbox = Postbox()
    assert [mailing_of(house, postbox).run() for _ in range(3)] == [1, 0, 0]
    (letter,) = postbox.letters
    assert letter.to == "ada@example.org"
    assert "Someone opened something you shared." in letter.text
    said = (letter.subject + letter.text).lower()
    for word in ("stranger", "grey", "magnesium", "ada", "shl", "#", "result", "test", "health"):
        assert word not in said, word


def test_many_processes_send_one_mail(house: House) -> None:
    opened(house, by_mail=True)
    postbox = Postbox()
    with ThreadPoolExecutor(8) as pool:
        sent = sum(pool.map(lambda _: mailing_of(house, postbox).run(), range(8)))
    assert (sent, len(postbox.letters)) == (1, 1)


def test_a_failing_server_is_tried_again_ever_later_and_given_up_after_a_day(sqlite_house: House) -> None:
    person = opened(sqlite_house, by_mail=True)
    postbox = Postbox(failing=MailNotSent("ConnectionRefusedError", is_final=False))
    mailing, minutes = mailing_of(sqlite_house, postbox), 0
    tried_at = []
    while minutes <= 26 * 60:
        before = postbox.tried
        mailing.run()
        if postbox.tried > before:
            tried_at.append(minutes)
        sqlite_house.clock.advance(timedelta(minutes=1))
        minutes += 1
    assert tried_at[:6] == [0, 1, 6, 21, 81, 141]
    assert 24 * 60 <= tried_at[-1] < 26 * 60
    person = sqlite_house.bearer(
        sqlite_house.client.post(
            "/api/sessions", json={"email": "ada@example.org", "passphrase": "copper lantern orbit thistle"}
        ).json()["token"]
    )
    kinds = [each["kind"] for each in person.get("/api/notices").json()["items"]]
    assert kinds == ["mail-failed", "first-open"]
    postbox.failing = None
    assert mailing.run() == 0, "a mail about a mail"


def test_a_mailbox_that_does_not_exist_is_given_up_at_once_and_a_mended_server_is_used(sqlite_house: House) -> None:
    person, postbox = opened(sqlite_house, by_mail=True), Postbox()
    postbox.failing = MailNotSent("ConnectionRefusedError", is_final=False)
    mailing = mailing_of(sqlite_house, postbox)
    assert mailing.run() == 0
    postbox.failing = None
    sqlite_house.clock.advance(timedelta(minutes=1))
    assert mailing.run() == 1
    second = granted(person)
    sqlite_house.client.post(link_path(second), json={"recipient": "B"})
    postbox.failing = MailNotSent("SMTPRecipientsRefused", is_final=True)
    assert mailing.run() == 0
    kinds = [each["kind"] for each in person.get("/api/notices").json()["items"]]
    assert sorted(kinds) == ["first-open", "first-open", "mail-failed"]


def test_choosing_the_app_only_meanwhile_stops_what_was_waiting(sqlite_house: House) -> None:
    person, postbox = opened(sqlite_house, by_mail=True), Postbox()
    person.put("/api/account/notices", json={"by_mail": False})
    assert mailing_of(sqlite_house, postbox).run() == 0
    person.put("/api/account/notices", json={"by_mail": True})
    sqlite_house.clock.advance(timedelta(hours=2))
    assert mailing_of(sqlite_house, postbox).run() == 0


def test_a_real_server_gets_the_mail_from_the_job_itself(
    sqlite_database: Database, tmp_path: Path, clock: FixedClock
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    taken = Sink()
    controller = Controller(taken, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        for house in open_house(sqlite_database, tmp_path, clock, smtp_url=f"smtp://127.0.0.1:{port}"):
            person = opened(house, by_mail=True)
            assert person.get("/api/account/notices").json() == {"by_mail": True, "can_mail": True}
            house.services.runner.announce()
            house.services.runner.run_due()
            house.services.runner.run_due()
    finally:
        controller.stop()
    (envelope,) = taken.envelopes
    assert envelope.rcpt_tos == ["ada@example.org"]
    assert b"Someone opened something you shared." in envelope.content
    assert not (tmp_path / "data" / "outbox").exists()


class Sink:
    def __init__(self) -> None:
        self.envelopes: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        return "250 OK"


def test_a_server_that_is_down_is_asked_once_a_run_and_every_citizen_gets_a_turn(sqlite_house: House) -> None:
    postbox = Postbox(failing=MailNotSent("TimeoutError", is_final=False))
    for email in ("ada@example.org", "bob@example.org"):
        person = sqlite_house.citizen(email)
        person.post("/api/imports", content=fhir(observation()), headers={"Content-Type": "application/fhir+json"})
        person.put("/api/account/notices", json={"by_mail": True})
        sqlite_house.client.post(link_path(granted(person)), json={"recipient": "Dr Stranger"})
    mailing = mailing_of(sqlite_house, postbox)
    assert [(mailing.run(), postbox.tried) for _ in range(3)] == [(0, 1), (0, 2), (0, 2)]
    postbox.failing = None
    sqlite_house.clock.advance(timedelta(minutes=1))
    assert mailing.run() == 2
    assert sorted(letter.to for letter in postbox.letters) == ["ada@example.org", "bob@example.org"]
