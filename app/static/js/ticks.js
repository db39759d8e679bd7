// Round steps for an axis of numbers or of dates.

// -> { digits, values }: from the round number at or below `low` to the one at or above `high`.
export function numberTicks(low, high, count = 5) {
  const span = high > low ? high - low : Math.abs(high) || 1;
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough * 0.999) ?? 10);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(Math.ceil(high / step - 1e-9), first + 1);
  return { digits, values: Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toFixed(digits))) };
}

const DAY = 86_400_000;
const MONTHS = [1, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000];

// from, to: Date. -> [[Date, words]], at most about `count` of them, in UTC, so that a date never shifts.
export function dateTicks(from, to, count = 6) {
  const days = (to - from) / DAY;
  if (days <= count * 7) return dayTicks(from, to, days <= count ? 1 : 7);
  const fits = MONTHS.findIndex((months) => days / (months * 30.5) <= count);
  const ticks = monthTicks(from, to, MONTHS[fits]);
  return ticks.length < 2 && fits > 0 ? monthTicks(from, to, MONTHS[fits - 1]) : ticks; // One date alone is no axis.
}

function dayTicks(from, to, step) {
  const words = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  const ticks = [];
  for (let at = Math.ceil(from / DAY) * DAY; at <= to; at += step * DAY) ticks.push([new Date(at), words.format(at)]);
  return ticks;
}

function monthTicks(from, to, step) {
  const shape = step >= 12 ? { year: "numeric", timeZone: "UTC" } : { month: "short", year: "numeric", timeZone: "UTC" };
  const words = new Intl.DateTimeFormat("en-GB", shape);
  const ticks = [];
  const start = from.getUTCFullYear() * 12 + from.getUTCMonth();
  for (let month = start - (start % step); ; month += step) {
    const at = new Date(Date.UTC(2000, month - 24_000, 1)); // Years below 100 would be read as 19xx.
    if (at > to) return ticks;
    if (at >= from) ticks.push([at, words.format(at)]);
  }
}
