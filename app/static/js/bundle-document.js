// One FHIR DocumentReference: its pages as pictures or text, and the original where it came along. Pure, no words.

import { list, nameOf, sourceOf, text } from "./fhir.js";

const PAGE = /^Page \d+ of \d+$/;
const SHOWN = /^image\/(jpeg|png|webp|gif|bmp)$/;

// -> { address, title, note, date, kind, pages: [part], words: [part], originals: [part], source }; part: { title, contentType, data (base64) }
export function documentOf(reference, byUrl) {
  const parts = list(reference.content).map((each) => partOf(each?.attachment ?? {}, byUrl));
  const rendered = parts.filter((part) => PAGE.test(part.title));
  const others = parts.filter((part) => !rendered.includes(part));
  const pages = rendered.length ? rendered : others.filter((part) => part.data && SHOWN.test(part.contentType));
  const description = text(reference.description);
  const title = others.map((part) => part.title).find(Boolean) ?? "";
  return {
    address: text(reference.masterIdentifier?.value),
    title: title || description || nameOf(reference.type),
    note: title && description !== title ? description : "",
    date: text(reference.date) || text(list(reference.content)[0]?.attachment?.creation),
    kind: nameOf(reference.type),
    pages,
    words: others.filter((part) => part.data && part.contentType.startsWith("text/plain")),
    originals: others.filter((part) => part.data),
    source: sourceOf(reference),
  };
}

function partOf(attachment, byUrl) {
  const url = text(attachment.url);
  const binary = byUrl.get(url) ?? byUrl.get(`Binary/${url.split("/").at(-1)}`);
  return {
    title: text(attachment.title),
    contentType: text(attachment.contentType) || text(binary?.contentType) || "application/octet-stream",
    data: text(attachment.data) || text(binary?.data),
  };
}
