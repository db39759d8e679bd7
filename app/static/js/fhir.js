// Small readings of FHIR JSON whose numbers are texts. Pure; anything of the wrong shape is read as absent.

export const list = (value) => (Array.isArray(value) ? value : []);
export const text = (value) => (typeof value === "string" ? value : "");
export const listed = (value) => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]);

// The words of a CodeableConcept, "" where there are none.
export function nameOf(code) {
  const codings = list(code?.coding);
  return text(code?.text) || text(codings.find((each) => each?.display)?.display) || text(codings[0]?.code);
}

// -> ["system|code", …]
export function codesOf(code) {
  return list(code?.coding).filter((each) => each?.code).map((each) => `${text(each.system)}|${text(each.code)}`);
}

// How a record got into the vault: "lab", "file", "document" or "typed". A link that doesn't say so holds uploaded files.
export function sourceOf(resource) {
  const tag = list(resource.meta?.tag).find((each) => each?.system === "urn:health-data-vault:source");
  return ["lab", "file", "document", "typed"].includes(tag?.code) ? tag.code : "file";
}

// A moment to sort by, in ms; what can't be read sorts last.
export function momentOf(written) {
  const at = Date.parse(written);
  return Number.isNaN(at) ? -Infinity : at;
}

// The name of what a reference points to: its own words, else those of the resource in the same link.
export function referred(reference, byUrl) {
  const address = text(reference?.reference);
  const found = address && byUrl.get(address);
  return text(reference?.display) || nameOf(found?.code) || nameOf(found?.type);
}
