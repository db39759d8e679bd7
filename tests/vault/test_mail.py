"""Mail against a real SMTP server: with and without TLS, refused, failing, slow; headers nobody can break into."""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from vault.mail import BadMailSetting, Folder, Letter, MailNotSent, Smtp, SmtpServer, check_address, make_message

FROM = "vault@example.org"
LETTER = Letter("ada@example.org", "Something new in your vault", "Someone opened something you shared.\n", "a1b2")
HOST = "localhost"


@dataclass
class Post:
    """What a server took; ``answer`` is what it says to the data, ``refusing`` to the recipient."""

    taken: list[Any] = field(default_factory=list)
    answer: str = "250 OK"
    refusing: str = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.refusing:
            return self.refusing
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.taken.append(envelope)
        return self.answer


Serve = Callable[..., int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    started: list[Controller] = []

    def start(post: Post, **options: Any) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        controller = Controller(post, hostname="127.0.0.1", port=port, **options)
        controller.start()
        started.append(controller)
        return port

    yield start
    for controller in started:
        controller.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, chain = folder / "key.pem", folder / "chain.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    words += [
        "-keyout",
        str(key),
        "-out",
        str(chain),
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
    ]
    subprocess.run(words, check=True, capture_output=True)
    return key, chain


def served_by(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])
    return context


def trusting(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate[1]))


def smtp(url: str, context: ssl.SSLContext | None = None, timeout: float = 5) -> Smtp:
    return Smtp(SmtpServer.parse(url), FROM, context, timeout)


def refused(mailer: Smtp | Folder, letter: Letter = LETTER) -> MailNotSent:
    with pytest.raises(MailNotSent) as caught:
        mailer.send(letter)
    assert "example.org" not in str(caught.value)
    return caught.value


def test_a_letter_arrives_as_it_was_written(serve: Serve) -> None:
    post = Post()
    smtp(f"smtp://{HOST}:{serve(post)}").send(LETTER)
    (envelope,) = post.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == (FROM, ["ada@example.org"])
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert (message["Subject"], message["Message-ID"]) == (LETTER.subject, "<a1b2@example.org>")
    assert message.get_content().replace("\r\n", "\n") == LETTER.text


def test_starttls_is_verified_and_its_password_travels_inside(serve: Serve, certificate: tuple[Path, Path]) -> None:
    post, said = Post(), []

    def authenticate(*given: Any) -> AuthResult:
        said.append(given[-1])
        return AuthResult(success=given[-1].password == b"p/w")

    options = {"tls_context": served_by(certificate), "require_starttls": True, "authenticator": authenticate}
    port = serve(post, **options)
    smtp(f"starttls://ada:p%2Fw@{HOST}:{port}", trusting(certificate)).send(LETTER)
    assert (len(post.taken), len(said)) == (1, 1)
    assert not refused(smtp(f"starttls://ada:wrong@{HOST}:{port}", trusting(certificate))).is_final
    assert not refused(smtp(f"starttls://ada:p%2Fw@{HOST}:{port}")).is_final, "an unknown certificate was believed"
    assert len(post.taken) == 1


def test_a_server_without_starttls_gets_neither_letter_nor_password(serve: Serve) -> None:
    post = Post()
    assert not refused(smtp(f"starttls://ada:secret@{HOST}:{serve(post)}")).is_final
    assert post.taken == []


def test_smtps_is_tls_from_the_first_byte(serve: Serve, certificate: tuple[Path, Path]) -> None:
    post = Post()
    port = serve(post, ssl_context=served_by(certificate))
    smtp(f"smtps://{HOST}:{port}", trusting(certificate)).send(LETTER)
    assert len(post.taken) == 1
    assert not refused(smtp(f"smtps://{HOST}:{port}")).is_final


@pytest.mark.parametrize(
    ("post", "is_final"),
    [
        (Post(answer="451 try later"), False),
        (Post(answer="554 never"), True),
        (Post(refusing="450 busy"), False),
        (Post(refusing="550 no such mailbox"), True),
    ],
)
def test_a_5xx_is_final_and_a_4xx_is_not(serve: Serve, post: Post, is_final: bool) -> None:
    assert refused(smtp(f"smtp://{HOST}:{serve(post)}")).is_final is is_final


def test_a_server_that_is_not_there_or_says_nothing_ends_in_time(serve: Serve) -> None:
    assert not refused(smtp("smtp://127.0.0.1:1")).is_final
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert not refused(smtp(f"smtp://127.0.0.1:{silent.getsockname()[1]}", timeout=0.3)).is_final


@pytest.mark.parametrize("broken", ["a@example.org\r\nBcc: b@example.org", "a@example.org\nX: y"])
def test_no_header_can_be_broken_into(serve: Serve, broken: str) -> None:
    post = Post()
    mailer = smtp(f"smtp://{HOST}:{serve(post)}")
    for letter in (
        Letter(broken, "S", "T", "n"),
        Letter("a@example.org", broken, "T", "n"),
        Letter("a@x.y", "S", "T", broken),
    ):
        with pytest.raises(MailNotSent) as caught:
            mailer.send(letter)
        assert caught.value.is_final
    assert post.taken == []
    with pytest.raises(BadMailSetting):
        check_address(broken)


@pytest.mark.parametrize(
    "written",
    [
        "=?utf-8?q?victim=40example.org=2c?=@example.com",
        "a@=?utf-8?q?b.example=2cvictim=40example.org?=",
        "a@[",
        "a@example.org, b@example.org",
        "undisclosed-recipients:;",
    ],
)
def test_an_address_that_a_mail_program_reads_otherwise_gets_no_letter(serve: Serve, written: str) -> None:
    post = Post()
    assert refused(smtp(f"smtp://{HOST}:{serve(post)}"), Letter(written, "S", "T", "n")).is_final
    assert post.taken == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://x",
        "smtp://",
        "smtp://x:y",
        "smtp://x/path",
        "smtp://user:pw@mail.example.org",
        "smtp://:pw@localhost",
    ],
)
def test_an_address_that_cannot_be_or_would_send_a_password_in_the_clear_is_refused(url: str) -> None:
    with pytest.raises(BadMailSetting) as caught:
        SmtpServer.parse(url)
    assert "pw" not in str(caught.value)
    assert SmtpServer.parse("smtps://mail.example.org").port == 465


def test_the_folder_keeps_letters_without_their_address(tmp_path: Path) -> None:
    Folder(tmp_path / "outbox", FROM).send(LETTER)
    (file,) = (tmp_path / "outbox").iterdir()
    content = file.read_text()
    assert "Someone opened something" in content
    assert "ada@" not in content
    assert file.stat().st_mode & 0o777 == 0o600
    (tmp_path / "file").write_text("")
    assert not refused(Folder(tmp_path / "file", FROM)).is_final


def test_a_message_says_that_a_machine_wrote_it() -> None:
    assert make_message(LETTER, FROM, LETTER.to)["Auto-Submitted"] == "auto-generated"
