// What a trend may show, decided apart from how it is drawn: one unit at a time, ranges as steps, bounds never joined.

// rows: [{ at (ms), value, bound ("<", ">" or ""), low, high (numbers or null), series, label, flag }], any order.
// -> { points, steps, segments, apart }: `apart` counts rows of other units, which stay in the table alone.
export function trendOf(rows) {
  const ordered = rows.filter((row) => Number.isFinite(row.at) && Number.isFinite(row.value)).sort((a, b) => a.at - b.at);
  const counts = new Map();
  for (const row of ordered) counts.set(row.series, (counts.get(row.series) ?? 0) + 1);
  const latest = ordered.at(-1)?.series;
  const series = [...counts].sort((a, b) => b[1] - a[1] || (b[0] === latest) - (a[0] === latest))[0]?.[0];
  const points = ordered.filter((row) => row.series === series);
  return { points, series, steps: stepsOf(points), segments: segmentsOf(points), apart: rows.length - points.length };
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

// Runs of exact values; a bound such as <0.5 is no point to draw a line to.
function segmentsOf(points) {
  const segments = [[]];
  for (const point of points) {
    if (point.bound) segments.push([]);
    else segments.at(-1).push(point);
  }
  return segments.filter((segment) => segment.length > 1);
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
