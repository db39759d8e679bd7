// Opens a SMART Health Link with the npm package kill-the-clipboard, unmodified, and prints what it saw as one JSON line.
// Usage: node open_link.mjs SHLINK RECIPIENT [PASSCODE]
import { SHLViewer } from "kill-the-clipboard";

const [shlinkURI, recipient, passcode] = process.argv.slice(2);
try {
  const viewer = new SHLViewer({ shlinkURI });
  const { fhirResources } = await viewer.resolveSHL({ recipient, ...(passcode && { passcode }) });
  const observations = fhirResources
    .flatMap((resource) => (resource.entry ?? []).map((entry) => entry.resource))
    .filter((resource) => resource.resourceType === "Observation");
  console.log(
    JSON.stringify({
      ok: true,
      types: fhirResources.map((resource) => resource.type ?? resource.resourceType),
      values: observations.map((o) => o.valueQuantity?.value ?? o.valueString ?? null),
      codes: observations.flatMap((o) => (o.code.coding ?? []).map((c) => c.code)),
    }),
  );
} catch (error) {
  console.log(JSON.stringify({ ok: false, error: error.constructor.name, code: error.code ?? null }));
}
