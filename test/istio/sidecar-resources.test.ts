import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { checkFilterConfig } from "../../adapter/evaluate/check-filter-config.js";
import { loadFilter } from "../../adapter/evaluate/filter-vm.js";
import type { FilterConfig } from "../../adapter/filter-config/filter-config.js";
import { buildSidecarResources } from "../../adapter/istio/sidecars.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { Translator } from "../../adapter/translate/translator.js";

/** An ingress gateway with a port of its own. */
function gateway(port: string): string {
  return `
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: edge, namespace: prod }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 31400, name: ${port}, protocol: TCP }, hosts: ["*"] }]
`;
}

/** `NAME: ROOT_ID` of each filter that sidecars and gateways get for these resources. The filter itself must take its table. */
function filtersOf(input: string, protocol: string): string[] {
  const { mesh, problems } = new Translator({ isIstios: true }).translate(parseFile(input, "input.yaml", recognise));
  expect(problems).toEqual([]);
  const code = { kind: "file", path: "/m.wasm" } as const;
  const { resources } = buildSidecarResources(mesh, { code, versions: { of: () => "1" }, served: mesh });
  const wasm = loadFilter(readFileSync("dist/meltemi.wasm"));
  return resources.map(({ name, json }) => {
    const { config } = (json as unknown as { typed_config: { config: Plugin } }).typed_config;
    const table = JSON.parse(config.configuration.value) as FilterConfig;
    expect(checkFilterConfig(wasm, protocol, table)).toBeUndefined();
    return `${name}: ${config.root_id}`;
  });
}

it("sidecars and gateways get the program of a declared protocol with each of its tables, in front of the service too", () => {
  const input = readFileSync("test/translation/mission/input.yaml", "utf8") + gateway("tcp-awesomeRPC");
  expect(filtersOf(input, "awesomeRPC")).toEqual([
    "outbound_awesomeRPC_9080: declared",
    "outbound_awesomeRPC_31400: declared",
    "inbound_awesomeRPC_9080/observe: declared/observe",
  ]);
});

it("sidecars and gateways get the list of protocols with each table of a port that speaks one of several", () => {
  const service = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: both, namespace: prod }
spec:
  hosts: [ both.prod.svc ]
  ports: [ { number: 9000, name: auto-rpc } ]
  resolution: STATIC
  endpoints: [ { address: 10.0.0.1 } ]
`;
  expect(filtersOf(service + gateway("auto-edge"), "auto")).toEqual([
    "outbound_auto_9000: auto",
    "outbound_auto_31400: auto",
  ]);
});

interface Plugin {
  readonly root_id: string;
  readonly configuration: { readonly value: string };
}
