"""Promise 1: stolen storage reads as noise. Canaries go wherever a person can write; then every byte is searched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from tests.databases import skip_or_fail
from tests.servers import Server, manifest_url, share

CANARY = "Zebrafinch"
PASSCODE = "914770-Zebrafinch"
MAGNESIUM_LOINC = "19123-9"
FORMS = ("utf-8", "utf-16-le", "utf-16-be")


def fill(server: Server) -> str:
    """A vault with a canary in every name, value, document, file name, term, passcode and unknown link visit."""
    account = server.post(
        "/api/accounts",
        {
            "email": f"{CANARY.lower()}@example.org",
            "name": f"{CANARY} Person",
            "birth_date": "1911-07-13",
            "passphrase": f"{CANARY} copper lantern drifting",
        },
    )
    assert account.status == 201, account.body
    token = str(account.json["token"])
    observation = {
        "resourceType": "Observation",
        "id": f"{CANARY}-id",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": MAGNESIUM_LOINC}], "text": f"{CANARY} magnesium"},
        "effectiveDateTime": "1911-08-14",
        "valueQuantity": {"value": 1.9137, "unit": "mg/dL"},
        "performer": [{"display": f"{CANARY} Laboratory"}],
    }
    hiv = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": f"HIV-{CANARY}"},
        "effectiveDateTime": "1911-09-15",
        "valueString": f"{CANARY} reactive",
    }
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": observation}, {"resource": hiv}, {"resource": {"resourceType": "Observation"}}],
    }
    name = quote(f"{CANARY} export.json")
    assert server.post(f"/api/imports?filename={name}", bundle, token).status == 201
    assert server.post(f"/api/imports/staged?filename={name}", bundle, token).status == 201, "this one keeps waiting"
    letter = (CANARY + " letter\n").encode() * 5_000
    sent = server.call(
        "POST", f"/api/imports?filename={quote(CANARY + '.txt')}", letter, token, {"Content-Type": "text/plain"}
    )
    assert sent.status == 201, sent.body
    document = server.get("/api/records?kind=document", token).json["items"][0]["record_id"]
    grant = share(
        server,
        token,
        recipient={"name": f"Dr {CANARY}", "email": f"dr-{CANARY.lower()}@example.org"},
        passcode=PASSCODE,
        include=[{"analyte": "magnesium"}, {"record_id": document}],
    )
    assert server.call("PUT", "/api/account/notices", {"by_mail": True}, token).status == 204
    opened = server.post(
        manifest_url(grant["shlink"]), {"recipient": f"Ward {CANARY}", "passcode": PASSCODE, "embeddedLengthMax": 0}
    )
    assert opened.status == 200, opened.body
    assert len(opened.json["files"]) == 2
    for file in opened.json["files"]:
        assert server.get(file["location"]).status == 200
    server.post(manifest_url(grant["shlink"]), {"recipient": f"Ward {CANARY}", "passcode": CANARY})
    stopped = share(server, token, recipient={"name": f"Dr {CANARY}"})
    assert server.post(f"/api/grants/{stopped['grant_id']}/withdraw", {}, token).status == 200
    asked = server.post(manifest_url(stopped["shlink"]) + "/ask", {"recipient": f"Ward {CANARY}", "wants": "time"})
    assert asked.status == 202
    server.post("/api/sessions", {"email": f"{CANARY.lower()}@example.org", "passphrase": f"wrong {CANARY} words"})
    server.get(f"/api/records/{CANARY}", token)
    server.get(f"/shl/{CANARY}")
    server.get(f"/no-such-page-{CANARY}?q={CANARY}")
    assert server.get("/api/results?analyte=magnesium&unit=mmol/L", token).status == 200
    fill_caring(server, token)
    assert json.loads(server.get("/api/log", token).body)["items"]
    return token


def fill_caring(server: Server, token: str) -> None:
    """Somebody looked after, an invitation for a carer, and an answer to take the vault over."""
    child = server.post("/api/looking-after", {"name": f"{CANARY} Child", "birth_date": "2018-07-13"}, token)
    assert child.status == 201, child.body
    assert server.post(f"/api/looking-after/{child.json['vault_id']}/act", {}, token).status == 204
    called = {"called": f"Uncle {CANARY}", "powers": ["view"]}
    assert server.post("/api/carers/invitations", called, token).status == 201
    link = server.post("/api/looking-after/hand-over/invitation", {}, token).json["link"]
    taken = {"invitation": link.partition("#")[2], "email": f"child-{CANARY.lower()}@example.org"}
    made = server.post("/api/take-over", taken | {"new_passphrase": f"{CANARY} copper lantern drifting"})
    assert made.status == 200, made.body
    kept = {"invitation": taken["invitation"], "offer": made.json["offer"]}
    answered = server.post("/api/take-over/answer", kept | {"last_group": made.json["recovery_code"][-4:]})
    assert answered.status == 200, answered.body
    assert server.post("/api/looking-after/back", {}, token).status == 204


def hits(folder: Path, needles: tuple[str, ...]) -> list[str]:
    """Every file of a folder that holds one of the words, in any case, as text, hex or UTF-16."""
    found = []
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        content = path.read_bytes().lower()
        for needle in needles:
            forms = [needle.lower().encode(form) for form in FORMS] + [needle.encode().hex().encode()]
            if any(form in content for form in forms):
                found.append(f"{path.name}: {needle}")
    return found


def wait_for_mail(outbox: Path) -> bool:
    """Whether a mail about what just happened lies in the outbox before half a minute is over."""
    for _ in range(300):
        if outbox.is_dir() and any(outbox.glob("*.eml")):
            return True
        time.sleep(0.1)
    return False


def test_canaries_in_everything_a_person_writes_are_nowhere_in_stored_bytes_logs_or_outbox(
    server: Server, tmp_path: Path
) -> None:
    fill(server)
    loot = tmp_path / "loot"
    if server.database_url:
        if shutil.which("pg_dump") is None:
            skip_or_fail("pg_dump is not installed")
        loot.mkdir()
        plain = server.database_url.replace("postgresql+psycopg://", "postgresql://")
        dump = subprocess.run(["pg_dump", plain], capture_output=True, check=True, env=dict(os.environ))
        (loot / "dump.sql").write_bytes(dump.stdout)
        assert len(dump.stdout) > 50_000
    else:
        shutil.copytree(server.data, loot)
        assert any(path.suffix in {".db", ".sqlite", ".sqlite3"} or "wal" in path.name for path in loot.rglob("*"))
    shutil.copy(server.log, loot / "server.log")
    outbox = server.data / "outbox"
    assert wait_for_mail(outbox), "nothing was mailed"
    shutil.copytree(outbox, loot / "outbox", dirs_exist_ok=True)
    needles = (CANARY, MAGNESIUM_LOINC, "magnesium", "1.9137", "1911-07-13", "1911-08-14", PASSCODE)
    assert hits(loot, needles) == []


def test_the_search_itself_finds_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "page.bin").write_bytes(b"\x00" * 4096 + CANARY.encode("utf-16-le") + b"\x00" * 4096)
    assert hits(tmp_path, (CANARY,)) == [f"page.bin: {CANARY}"]
