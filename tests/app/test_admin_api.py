"""The admin's copy of the log and the page of what admins did: public parts alone, each look an entry."""

from __future__ import annotations

import csv
import io
import json
import re

from tests.app.conftest import House


def test_a_copy_comes_as_csv_or_ndjson_and_is_logged(house: House) -> None:
    citizen, admin = house.citizen(), house.admin()
    citizen.get("/api/results")
    answer = admin.get("/api/admin/log/copy")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert "attachment" in answer.headers["content-disposition"]
    lines = [json.loads(each) for each in answer.text.splitlines()]
    assert {"sign-in", "view"} <= {each["event"] for each in lines}
    table = list(csv.DictReader(io.StringIO(admin.get("/api/admin/log/copy?format=csv&event=view").text)))
    assert {each["event"] for each in table} == {"view"}
    exports = admin.get("/api/admin/log?event=export").json()["items"]
    assert sorted(each["count"] for each in exports) == sorted([len(table), len(lines)])
    assert {each["role"] for each in exports} == {"admin"}
    assert not re.search("magnesium|Ada Example|example\\.org", answer.text, re.IGNORECASE)


def test_what_admins_did_lists_every_admins_looks(house: House) -> None:
    first, second = house.admin(), house.admin("second@example.org")
    house.citizen()
    first.get("/api/admin/log")
    acts = second.get("/api/admin/acts?limit=200").json()["items"]
    assert {each["role"] for each in acts} == {"admin"}
    assert len({each["actor"] for each in acts}) == 2
    again = second.get("/api/admin/acts?limit=1").json()
    reasons = {each["reason"] for each in second.get("/api/admin/acts?limit=200").json()["items"]}
    assert "acts-of-admins" in reasons
    assert second.get(f"/api/admin/acts?after={again['next']}").status_code == 200


def test_copies_and_acts_are_for_admins_alone(house: House) -> None:
    citizen = house.citizen()
    for path in ("/api/admin/log/copy", "/api/admin/acts"):
        assert citizen.get(path).status_code == 403
        assert house.client.get(path).status_code == 401
    assert citizen.post("/admin/log/copy", data={"format": "csv"}).status_code == 403
    assert house.admin().get("/api/admin/log/copy?format=xml").status_code == 422


def test_the_page_opens_the_raw_entry_and_gives_a_copy_of_what_is_filtered(sqlite_house: House) -> None:
    sqlite_house.citizen()
    admin = sqlite_house.admin()
    page = admin.get("/admin/log?event=sign-in").text
    assert page.count("Raw entry") == page.count("leaf hash") == 2
    answer = admin.post("/admin/log/copy?event=sign-in", data={"format": "csv"})
    assert answer.headers["content-disposition"] == 'attachment; filename="access-log.csv"'
    assert answer.headers["cache-control"] == "no-store"
    assert {each["event"] for each in csv.DictReader(io.StringIO(answer.text))} == {"sign-in"}
    assert admin.post("/admin/log/copy?from=2026-13-01", data={"format": "csv"}).status_code == 422
    assert admin.post("/admin/log/copy", data={"format": "exe"}).status_code == 422
    acts = admin.get("/admin/acts").text
    assert "What admins did" in acts
    assert "You" in acts
