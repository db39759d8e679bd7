import assert from "node:assert/strict";
import { test } from "node:test";
import { dateTicks, numberTicks } from "../../../app/static/js/ticks.js";
import { extentOf, trendOf } from "../../../app/static/js/trend.js";

const row = (at, value, more = {}) => ({ at, value, bound: "", low: null, high: null, series: "mmol/L", label: "", ...more });

test("each result carries its own lab's range, and equal neighbours join", () => {
  const { steps } = trendOf([row(0, 1, { low: 0.7, high: 1 }), row(10, 1, { low: 0.7, high: 1 }), row(20, 1, { low: 0.6, high: 1 }), row(30, 1)]);
  assert.deepEqual(steps.map(({ from, until, low }) => [from, until, low]), [[0, 15, 0.7], [15, 25, 0.6]]);
});
test("a result without a range leaves a gap", () => {
  const { steps } = trendOf([row(0, 1, { low: 1, high: 2 }), row(10, 1), row(20, 1, { low: 1, high: 2 })]);
  assert.deepEqual(steps.map(({ from, until }) => [from, until]), [[0, 5], [15, 20]]);
});
test("bounds are never joined by a line", () => {
  const { segments } = trendOf([row(0, 1), row(1, 2), row(2, 0.5, { bound: "<" }), row(3, 2), row(4, 3)]);
  assert.deepEqual(segments.map((segment) => segment.map(({ at }) => at)), [[0, 1], [3, 4]]);
});
test("units are never mixed on one axis", () => {
  const { points, apart } = trendOf([row(0, 1), row(1, 2, { series: "mg/dL" }), row(2, 1), row(NaN, 3), row(5, NaN)]);
  assert.deepEqual([points.length, apart], [2, 3]);
});
test("one-sided ranges count for the axis", () => {
  const { points, steps } = trendOf([row(0, 1, { high: 5 }), row(1, 2, { high: 5 })]);
  const [low, high] = extentOf(points, steps);
  assert.ok(low >= 0 && high > 5);
});
test("ticks are round, cover the span and never divide by nothing", () => {
  assert.deepEqual(numberTicks(0.61, 1.04).values, [0.6, 0.7, 0.8, 0.9, 1, 1.1]);
  assert.ok(numberTicks(1, 1).values.length >= 2);
  assert.ok(numberTicks(0, 0).values.every(Number.isFinite));
});
test("dates on the axis are few and in order", () => {
  for (const days of [0, 3, 20, 200, 2000, 20000, 200000, 700000]) {
    const ticks = dateTicks(new Date(Date.UTC(2019, 4, 20)), new Date(Date.UTC(2019, 4, 20) + days * 864e5));
    assert.ok(ticks.length <= 9, `${days}: ${ticks.length}`);
    assert.deepEqual(ticks.map(([at]) => +at), ticks.map(([at]) => +at).sort((a, b) => a - b));
  }
});
test("thirty years on a phone have more than one date, and a mistyped year doesn't flood the axis", () => {
  const words = (from, to, count) => dateTicks(new Date(from), new Date(to), count).map(([, said]) => said);
  assert.deepEqual(words("1967-10-26", "1997-11-01", 3), ["1970", "1980", "1990"]);
  assert.ok(words("0026-01-20", "2031-01-01", 6).length <= 6);
});
