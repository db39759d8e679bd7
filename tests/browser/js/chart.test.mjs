import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isFound, plain } from "../../../app/static/js/find.js";
import { bandOf, extentOf, stepTo, trendOf } from "../../../app/static/js/trend.js";

const row = (at, value, more = {}) => ({ at, value, bound: "", low: null, high: null, series: "mmol/L", method: "", label: "", ...more });
const scale = { x: (at) => 50 + at, y: (value) => 200 - value * 100, left: 40, right: 260, top: 10, bottom: 210 };

test("a band stands between its own two limits and reaches the frame at the ends alone", () => {
  const { steps } = trendOf([row(0, 1, { low: 0.7, high: 1 }), row(100, 1, { low: 0.6, high: 1.2 }), row(200, 1, { low: 0.6, high: 1.2 })]);
  const [first, second] = steps.map((step) => bandOf(step, scale));
  assert.deepEqual([first.x, first.width, first.y], [40, 60, 100]);
  assert.deepEqual([second.x, second.width, second.y], [100, 160, 80]);
  assert.ok(Math.abs(first.height - 30) < 1e-9 && Math.abs(second.height - 60) < 1e-9);
});
test("a one-sided range reaches the frame on its open side and has one edge", () => {
  const low = bandOf({ from: 0, until: 10, low: 0.5, high: null, first: true, last: true }, scale);
  assert.deepEqual([low.y, low.height, low.edges], [10, 140, [150]]);
  const high = bandOf({ from: 0, until: 10, low: null, high: 0.5, first: true, last: true }, scale);
  assert.deepEqual([high.y, high.height, high.edges], [150, 60, [150]]);
});
test("two methods are never joined, and the break is told", () => {
  const { segments, gaps } = trendOf([row(0, 1, { method: "a" }), row(1, 2, { method: "a" }), row(2, 3, { method: "b" }), row(3, 4, { method: "b" })]);
  assert.deepEqual(segments.map((segment) => segment.map(({ at }) => at)), [[0, 1], [2, 3]]);
  assert.equal(gaps, true);
  assert.equal(trendOf([row(0, 1), row(1, 2)]).gaps, false);
});
test("a method told for one result alone is not taken for the same", () => {
  assert.deepEqual(trendOf([row(0, 1), row(1, 2, { method: "b" })]).segments, []);
});
test("a bound stays a point, and is in no line", () => {
  const { points, segments, gaps } = trendOf([row(0, 1), row(1, 0.5, { bound: "<" }), row(2, 1)]);
  assert.deepEqual([points.length, segments.length, gaps], [3, 0, false]);
});
test("results out of order and of one moment are drawn in order of time", () => {
  const { points } = trendOf([row(5, 3), row(1, 1), row(5, 2)]);
  assert.deepEqual(points.map(({ at }) => at), [1, 5, 5]);
});
test("values below nought and equal values leave room on the axis", () => {
  const [low, high] = extentOf([row(0, -2), row(1, -2)], []);
  assert.ok(low < -2 && high > -2);
});
test("arrows, Home and End lead from point to point and not past the ends", () => {
  assert.deepEqual(["ArrowLeft", "ArrowRight", "Home", "End", "a"].map((key) => stepTo(key, 0, 3)), [undefined, 1, 0, 2, undefined]);
  assert.equal(stepTo("ArrowRight", 2, 3), undefined);
  assert.equal(stepTo("ArrowUp", 1, 3), 2);
});
const VECTORS = JSON.parse(readFileSync(new URL("../../vectors/find.json", import.meta.url), "utf8"));
test("a search follows the server's rule", () => {
  for (const [text, expected] of VECTORS.plain) assert.equal(plain(text), expected);
  for (const [names, wanted, found] of VECTORS.found) assert.equal(isFound(names, wanted), found, wanted);
});
