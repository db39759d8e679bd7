// FHIR dates in words, as precise as they were written. A date without a time never shifts; a time is shown as written, with its offset.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

// -> { day, time }: time is empty where none was written.
export function dateParts(written) {
  const found = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:T(\d\d:\d\d)[^Z+-]*(Z|[+-]\d\d:\d\d)?)?$/.exec(written);
  if (!found) return { day: written || "no date", time: "" };
  const [, year, month, day, time, offset] = found;
  const date = [day && String(Number(day)), month && MONTHS[Number(month) - 1], year].filter(Boolean).join(" ");
  if (!time || time === "00:00") return { day: date, time: "" };
  return { day: date, time: `${time}${offset === "Z" || offset === "+00:00" ? " UTC" : offset ? ` (UTC${offset})` : ""}` };
}

export function dateWords(written) {
  const { day, time } = dateParts(written);
  return time ? `${day}, ${time}` : day;
}

export function dayWords(moment) {
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" }).format(moment);
}

export function timeWords(moment) {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" }).format(moment);
}
