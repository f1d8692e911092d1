import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { toFilterConfig } from "../../adapter/filter-config/filter-config.js";
import { inboundTable } from "../../adapter/filter-config/inbound.js";
import { inboundListenerAt, inboundNamespaces, inboundOf } from "../../adapter/model/inbound.js";
import { askedNamespaces, inboundPorts } from "../../adapter/model/inbound-ports.js";
import type { Mesh, OutboundListener } from "../../adapter/model/model.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { formatProblem } from "../../adapter/status/format.js";
import { formatResourceName } from "../../adapter/status/problem.js";
import { Translator } from "../../adapter/translate/translator.js";

/**
 * Each folder is a case: the resources of `input.yaml`, and under `__golden__` what becomes of them. After a change
 *
 *     npx vitest run --project unit test/translation --update
 *
 * writes them anew; the difference is to be reviewed.
 */
const here = import.meta.dirname;
const cases = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

function translateCase(name: string) {
  const state = parseFile(readFileSync(join(here, name, "input.yaml"), "utf8"), "input.yaml", recognise);
  return new Translator().translate(state);
}

describe.each(cases)("%s", (name) => {
  const { mesh, problems, statuses } = translateCase(name);
  const golden = join(here, name, "__golden__");

  test("services", async () => {
    await expect(json(mesh.services)).toMatchFileSnapshot(join(golden, "services.json"));
  });

  test("filter configurations", async () => {
    const listeners = mesh.listeners.map((listener) => [
      `${listener.protocol} ${listener.port}`,
      toFilterConfig(listener),
    ]);
    await expect(json(Object.fromEntries(listeners))).toMatchFileSnapshot(join(golden, "filter-configs.json"));
  });

  test("listeners", async () => {
    const listeners = mesh.listeners.map(({ virtualHosts: _, settings: __, tunnels: ___, ...listener }) => listener);
    await expect(json(listeners)).toMatchFileSnapshot(join(golden, "listeners.json"));
  });

  if (mesh.http !== undefined) {
    test("HTTP", async () => {
      await expect(json(mesh.http)).toMatchFileSnapshot(join(golden, "http.json"));
    });
  }

  if (mesh.inbound !== undefined) {
    test("inbound", async () => {
      await expect(json(inboundTables(mesh))).toMatchFileSnapshot(join(golden, "inbound.json"));
    });
  }

  if (mesh.networks !== undefined) {
    test("networks", async () => {
      await expect(json(mesh.networks)).toMatchFileSnapshot(join(golden, "networks.json"));
    });
  }

  if (mesh.policies !== undefined) {
    test("policies", async () => {
      await expect(json(mesh.policies)).toMatchFileSnapshot(join(golden, "policies.json"));
    });
  }

  if (mesh.edge !== undefined) {
    test("edge", async () => {
      await expect(json(mesh.edge)).toMatchFileSnapshot(join(golden, "edge.json"));
    });
  }

  if (statuses.length > 0) {
    test("statuses", async () => {
      const told = statuses.map(({ resource, ...status }) => [formatResourceName(resource), status]);
      await expect(json(Object.fromEntries(told))).toMatchFileSnapshot(join(golden, "statuses.json"));
    });
  }

  test("problems", async () => {
    const lines = problems.map((problem) => `${formatProblem(problem)}\n`).join("");
    await expect(lines).toMatchFileSnapshot(join(golden, "problems.txt"));
  });
});

test("the mission's example is the JSON that the design says, byte for byte", () => {
  const [listener] = translateCase("mission").mesh.listeners;
  const { program, ...table } = toFilterConfig(listener as OutboundListener);
  expect(program).toBeDefined();
  expect(JSON.stringify(table)).toBe(
    '{"virtual_hosts":[{"name":"reviews.prod.svc.cluster.local:9080",' +
      '"services":["reviews.prod.svc.cluster.local","reviews"],' +
      '"routes":[{"name":"canary-route","match":{"attributes":[{"name":"user","exact_match":"jason"}]},' +
      '"route":{"cluster":"outbound|9080|v2|reviews.prod.svc.cluster.local"}},' +
      '{"name":"default","route":{"cluster":"outbound|9080|v1|reviews.prod.svc.cluster.local"}}]}]}',
  );
});

/** By namespace, port and who asks: the tables of the filters before services. */
function inboundTables(mesh: Mesh): object {
  const { inbound } = mesh;
  if (inbound === undefined) return {};
  const namespaces = [inbound.rootNamespace, ...inboundNamespaces(inbound)];
  const tables = namespaces.flatMap((namespace) =>
    inboundPorts(mesh).map(({ protocol, number }) => {
      const { policies, ...here } = inboundOf(inbound, namespace);
      const listener = inboundListenerAt({ policies, ...here }, namespace, protocol, number);
      const side = { protocol, cluster: `inbound|${number}||`, listener, policies };
      return [`${namespace} ${protocol} ${number}`, inboundTable(side, mesh.listeners)];
    }),
  );
  return {
    asked: Object.fromEntries(
      inboundPorts(mesh).map((port) => [
        `${port.protocol} ${port.number}`,
        askedNamespaces(mesh, port).map((namespace) => namespace ?? "*"),
      ]),
    ),
    listeners: inbound.listeners.map(({ policy: _, ...listener }) => listener),
    tables: Object.fromEntries(tables),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
