import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type NodeProfile, PLAIN_NODE } from "../../adapter/model/node-profile.js";
import { shapesIn } from "../../adapter/model/node-shape.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { checkConsistency } from "../../adapter/snapshot/consistency.js";
import { makeSnapshot } from "../../adapter/snapshot/snapshot.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { Translator } from "../../adapter/translate/translator.js";
import type { Listen } from "../../adapter/xds/bind.js";
import { buildResources } from "../../adapter/xds/build-resources.js";

const TRANSLATION = join(import.meta.dirname, "../translation");

function resourcesOf(folder: string, listen: readonly Listen[], node: NodeProfile = PLAIN_NODE) {
  const state = parseFile(readFileSync(join(TRANSLATION, folder, "input.yaml"), "utf8"), "input.yaml", recognise);
  const { mesh } = new Translator().translate(state);
  return buildResources(mesh, {
    shape: shapesIn(mesh)(node),
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

/** Each port at an address of its own. */
const BY_PORT: readonly Listen[] = [80, 8080, 9080, 9081, 9082, 9083, 9084, 9085, 20881].map((port) => {
  return { protocol: "http", port, addresses: [{ ip: "127.0.0.1", port }] };
});

describe.each([
  ["http-services", BY_PORT],
  ["http-istio", BY_PORT],
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

it("a node that connections are redirected to has one listener for a port, at all addresses of its families", () => {
  const addresses = [{ ip: "10.5.0.1", interface: "eth0" }];
  const ofFamilies = (...more: typeof addresses) => {
    const node = { ...PLAIN_NODE, captured: true, addresses: [...addresses, ...more] };
    const { LDS, RDS } = makeSnapshot(resourcesOf("http-services", [], node).resources).types;
    return { listeners: LDS.resources, routes: RDS.resources };
  };
  const both = ofFamilies({ ip: "fd05::1", interface: "eth0" });
  expect(both.listeners.get("outbound_http_9080")?.json).toMatchObject({
    address: { socket_address: { address: "0.0.0.0", port_value: 9080 } },
    additional_addresses: [{ address: { socket_address: { address: "::", port_value: 9080 } } }],
    bind_to_port: false,
  });
  const one = ofFamilies();
  expect([...one.listeners.keys()]).toEqual([...both.listeners.keys()]);
  expect([...one.routes.keys()]).toEqual([...both.routes.keys()]);
  const text = (routes: typeof one.routes) => JSON.stringify(routes.get("9080")?.json);
  expect(text(both.routes)).toContain("[fd00::1]");
  expect(text(one.routes)).not.toContain("fd00");
  expect(text(one.routes)).toContain('"cluster":"PassthroughCluster"');
});
