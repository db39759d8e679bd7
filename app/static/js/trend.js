// What a trend may show, decided apart from how it is drawn: one unit at a time, ranges as steps, only like joined to like.

// rows: [{ at (ms), value, bound ("<", ">" or ""), low, high (numbers or null), series, method, label, flag }], any order.
// -> { points, series, steps, segments, apart, gaps }: `apart` counts rows of other units, which stay in the table alone;
// `gaps` tells whether a line was broken because two results were not measured in the same way.
export function trendOf(rows) {
  const ordered = rows.filter((row) => Number.isFinite(row.at) && Number.isFinite(row.value)).sort((a, b) => a.at - b.at);
  const counts = new Map();
  for (const row of ordered) counts.set(row.series, (counts.get(row.series) ?? 0) + 1);
  const latest = ordered.at(-1)?.series;
  const series = [...counts].sort((a, b) => b[1] - a[1] || (b[0] === latest) - (a[0] === latest))[0]?.[0];
  const points = ordered.filter((row) => row.series === series);
  return { points, series, steps: stepsOf(points), ...segmentsOf(points), apart: rows.length - points.length };
}

// Each result carries its own lab's range from halfway to its neighbours; equal neighbours become one step.
function stepsOf(points) {
  const steps = [];
  points.forEach((point, i) => {
    if (point.low === null && point.high === null) return;
    const from = i === 0 ? point.at : (points[i - 1].at + point.at) / 2;
    const until = i === points.length - 1 ? point.at : (point.at + points[i + 1].at) / 2;
    const last = steps.at(-1);
    if (last && last.until === from && last.low === point.low && last.high === point.high) last.until = until;
    else steps.push({ from, until, low: point.low, high: point.high, first: i === 0, last: false });
    if (i === points.length - 1) steps.at(-1).last = true;
  });
  return steps;
}

// Runs of exact values measured in one way; a bound such as <0.5 is no point to draw a line to.
function segmentsOf(points) {
  const segments = [];
  let gaps = false, run = [];
  for (const point of points) {
    const before = run.at(-1), differs = before !== undefined && (before.method ?? "") !== (point.method ?? "");
    if (point.bound || differs) {
      segments.push(run);
      run = [];
    }
    if (differs && !point.bound) gaps = true;
    if (!point.bound) run.push(point);
  }
  segments.push(run);
  return { segments: segments.filter((segment) => segment.length > 1), gaps };
}

// -> [lowest, highest] number that the axis has to hold.
export function extentOf(points, steps) {
  const numbers = points.map((point) => point.value);
  for (const step of steps) {
    if (step.low !== null) numbers.push(step.low);
    if (step.high !== null) numbers.push(step.high);
  }
  const low = Math.min(...numbers), high = Math.max(...numbers);
  const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
  return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
}

// Where a band and its edges stand. scale: { x, y, left, right, top, bottom }, all in pixels. A side without a limit
// reaches to the frame and has no edge. -> { x, width, y, height, edges: [y] }
export function bandOf(step, scale) {
  const x = step.first ? scale.left : scale.x(step.from), end = step.last ? scale.right : scale.x(step.until);
  const top = step.high === null ? scale.top : scale.y(step.high), bottom = step.low === null ? scale.bottom : scale.y(step.low);
  const edges = [step.high === null ? null : top, step.low === null ? null : bottom].filter((y) => y !== null);
  return { x, width: Math.max(0, end - x), y: top, height: Math.max(0, bottom - top), edges };
}

// Which point a key leads to from point `at` of `count`; undefined for other keys and past the ends.
export function stepTo(key, at, count) {
  const next = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, Home: 0, End: count - 1 }[key];
  return next >= 0 && next < count ? next : undefined;
}
