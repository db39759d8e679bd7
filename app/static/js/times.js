// Moments of the vault (an opening, an end) in the reader’s own zone, with the zone named. Clinical dates stay as written.

const words = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" });

export function localise(root = document) {
  for (const node of root.querySelectorAll("time[data-local]")) {
    const at = new Date(node.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const part = Object.fromEntries(words.formatToParts(at).map(({ type, value }) => [type, value]));
    node.title = node.textContent.trim();
    node.textContent = `${part.day} ${part.month} ${part.year}, ${part.hour}:${part.minute} ${part.timeZoneName}`;
  }
}
