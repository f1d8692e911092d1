import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { recognise } from "../../adapter/resource/recognise.js";
import { checkConsistency } from "../../adapter/snapshot/consistency.js";
import { makeSnapshot } from "../../adapter/snapshot/snapshot.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { Translator } from "../../adapter/translate/translator.js";
import type { Listen } from "../../adapter/xds/bind.js";
import { buildResources } from "../../adapter/xds/build-resources.js";

const TRANSLATION = join(import.meta.dirname, "../translation");

function resourcesOf(folder: string, listen: readonly Listen[]) {
  const state = parseFile(readFileSync(join(TRANSLATION, folder, "input.yaml"), "utf8"), "input.yaml", recognise);
  return buildResources(new Translator().translate(state).mesh, {
    code: { kind: "inline", bytes: new TextEncoder().encode("the filter") },
    versions: { of: () => "2026-01-01T00:00:00.000Z" },
    listen,
  });
}

const ALL_IN_ONE: readonly Listen[] = [
  {
    protocol: "http",
    addresses: [
      { ip: "127.0.0.1", port: 15080 },
      { ip: "::1", port: 15080 },
    ],
  },
];

describe.each([
  ["http-services", []],
  ["http-istio", []],
  ["http-meltemi", ALL_IN_ONE],
])("the resources of HTTP of the case %s", (folder, listen) => {
  const { resources, problems } = resourcesOf(folder, listen);
  const snapshot = makeSnapshot(resources);

  it.each(["LDS", "RDS", "CDS"] as const)("%s", async (type) => {
    const json = [...snapshot.types[type].resources.values()].map((resource) => resource.json);
    const file = join(import.meta.dirname, "__golden__", `${folder}.${type.toLowerCase()}.json`);
    await expect(`${JSON.stringify(json, undefined, 2)}\n`).toMatchFileSnapshot(file);
  });

  it("refer to nothing that is not there", () => {
    expect(problems).toEqual([]);
    expect(checkConsistency(snapshot)).toEqual([]);
  });
});
