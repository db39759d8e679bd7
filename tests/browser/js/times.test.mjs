// Moments in any zone, with the zone named.

import assert from "node:assert/strict";
import { test } from "node:test";

import { momentWords, placeOf } from "../../../app/static/js/times.js";

const at = new Date("2026-04-05T13:02:00Z");

test("a moment is said in the reader's zone, and the zone is named", () => {
  const said = (zone) => momentWords(at, "{place} time", zone);
  assert.equal(said("Europe/London"), "5 Apr 2026, 14:02 (London time)");
  assert.equal(said("America/Los_Angeles"), "5 Apr 2026, 06:02 (Los Angeles time)");
  assert.equal(said("Pacific/Kiritimati"), "6 Apr 2026, 03:02 (Kiritimati time)");
  assert.equal(said("UTC"), "5 Apr 2026, 13:02 UTC");
});

test("September is as short as the other months", () => {
  assert.match(momentWords(new Date("2026-09-05T13:02:00Z"), "{place} time", "Europe/London"), /^5 Sep 2026/);
});

test("a zone without a place has none", () => {
  for (const zone of ["UTC", "Etc/GMT+3", "", "EST5EDT"]) assert.equal(placeOf(zone), "");
  assert.equal(placeOf("America/Argentina/Buenos_Aires"), "Buenos Aires");
});
