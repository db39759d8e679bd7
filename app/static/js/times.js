// Moments of the vault (an opening, an end) in the reader’s own zone, with the zone named. Clinical dates stay as written.
// How a zone is said stands on the page: <body data-zone="{place} time">.

import { fill } from "./texts.js";

const SHAPE = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

// "Europe/London" -> "London", "America/Argentina/Buenos_Aires" -> "Buenos Aires"; "" for a zone without a place.
export function placeOf(zone) {
  if (!/^[A-Za-z_]+\/[A-Za-z_/-]+$/.test(zone) || zone.startsWith("Etc/")) return "";
  return zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " ");
}

// -> "5 Apr 2026, 14:02 (London time)"; the zone’s own short name where it has no place.
export function momentWords(at, pattern = document.body.dataset.zone ?? "{place}", zone = undefined) {
  const words = new Intl.DateTimeFormat("en-GB", { ...SHAPE, timeZoneName: "short", timeZone: zone });
  const part = Object.fromEntries(words.formatToParts(at).map(({ type, value }) => [type, value]));
  const place = placeOf(words.resolvedOptions().timeZone);
  const named = place === "" ? part.timeZoneName : `(${fill(pattern, { place })})`;
  return `${part.day} ${part.month.slice(0, 3)} ${part.year}, ${part.hour}:${part.minute} ${named}`;
}

export function localise(root = document) {
  for (const node of root.querySelectorAll("time[data-local]")) {
    const at = new Date(node.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    node.title = node.textContent.trim();
    node.textContent = momentWords(at);
  }
}
