import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLogger } from "../../adapter/log/logger.js";
import { type ControlPlane, startControlPlane } from "../../adapter/server/control-plane.js";
import type { StatusReport } from "../../adapter/server/status-report.js";
import { SotwClient } from "./ads-client.js";
import { meshOf, reviews, routeTo } from "./mesh.js";

const MESH = meshOf([reviews()], [routeTo("v1")]);

let controlPlane: ControlPlane;
let client: SotwClient | undefined;

const FILTER = Buffer.from("the filter");

const OPTIONS = {
  listen: [],
  code: { kind: "inline", bytes: FILTER },
  log: createLogger({ level: "silent" }),
} as const;

beforeEach(async () => {
  const free = { address: "127.0.0.1", port: 0 };
  controlPlane = await startControlPlane({ ...OPTIONS, xds: free, http: free, admin: free, filter: FILTER });
});

afterEach(async () => {
  client?.close();
  client = undefined;
  await controlPlane.close();
});

async function get(path: string): Promise<Response> {
  return await fetch(`http://127.0.0.1:${controlPlane.httpPort}${path}`);
}

async function getAsAdmin(path: string): Promise<Response> {
  return await fetch(`http://127.0.0.1:${controlPlane.adminPort}${path}`);
}

describe("the control plane over HTTP, for all", () => {
  it("is healthy at once, and ready when there is a mesh", async () => {
    expect((await get("/healthz")).status).toBe(200);
    expect((await get("/readyz")).status).toBe(503);
    controlPlane.setMesh(MESH);
    expect((await get("/readyz")).status).toBe(200);
  });

  it("has the filter's code", async () => {
    expect(Buffer.from(await (await get("/meltemi.wasm")).arrayBuffer())).toEqual(FILTER);
  });

  it("says what there is where there is nothing, and does not tell what nodes get", async () => {
    controlPlane.setMesh(MESH);
    for (const path of ["/", "/status", "/debug/snapshot", "/toString"]) {
      const response = await get(path);
      expect(response.status).toBe(404);
      expect(await response.text()).toBe("there is /healthz, /readyz, /metrics, /meltemi.wasm\n");
    }
  });

  it("counts pushes, acceptances and refusals", async () => {
    await refuseListeners();
    const metrics = await (await get("/metrics")).text();
    expect(metrics).toContain('meltemi_xds_pushes_total{type="CDS"} 1');
    expect(metrics).toContain('meltemi_xds_acks_total{type="CDS"} 1');
    expect(metrics).toContain('meltemi_xds_nacks_total{type="LDS"} 1');
    expect(metrics).toContain("meltemi_xds_nodes 1");
  });
});

describe("the control plane over HTTP, for its admin", () => {
  it("shows what a node gets, the code by its length", async () => {
    expect((await getAsAdmin("/debug/snapshot?node=x")).status).toBe(503);
    const { version } = controlPlane.setMesh(MESH);
    const snapshot = (await (await getAsAdmin("/debug/snapshot?node=x")).json()) as Record<string, object>;
    expect(snapshot).toMatchObject({
      version,
      LDS: { resources: [{ name: "outbound_dubbo_20880" }] },
      ECDS: {
        resources: [{ typed_config: { config: { vm_config: { code: { local: { inline_bytes: "10 bytes" } } } } } }],
      },
    });
  });

  it("shows the nodes, what they have and what they refuse", async () => {
    await refuseListeners();
    const refused = { type: "LDS", message: "outbound_dubbo_20880: no" };
    const time = expect.stringMatching(/^20\d\d-.*Z$/);
    const version = expect.stringMatching(/^[0-9a-f]{16}$/);
    const { nodes } = (await (await getAsAdmin("/status")).json()) as StatusReport;
    expect(nodes).toEqual([
      {
        node: "test-node",
        namespace: null,
        identity: null,
        address: "127.0.0.1",
        envoy: null,
        connected_at: time,
        synchronized: null,
        types: [
          { type: "CDS", acknowledged: version, newest: version },
          { type: "LDS", acknowledged: null, newest: version },
        ],
        refused: [{ ...refused, resource: "outbound_dubbo_20880" }],
        last_refusal: { ...refused, at: time, resources: ["outbound_dubbo_20880"] },
      },
    ]);
    expect(nodes[0]?.types[0]?.acknowledged).toBe(nodes[0]?.types[0]?.newest);
  });
});

/** A node accepts the clusters and refuses the listener. */
async function refuseListeners(): Promise<void> {
  controlPlane.setMesh(MESH);
  client = new SotwClient(controlPlane.xdsPort);
  client.subscribe("CDS");
  client.ack(await client.next("CDS"));
  client.subscribe("LDS");
  const rejected = once(controlPlane.events, "rejected");
  client.nack(await client.next("LDS"), "outbound_dubbo_20880: no");
  await rejected;
}

describe("startControlPlane", () => {
  it("says which address is taken", async () => {
    const taken = { address: "127.0.0.1", port: controlPlane.xdsPort };
    await expect(startControlPlane({ ...OPTIONS, xds: taken })).rejects.toThrow(
      `xDS cannot be served on 127.0.0.1:${taken.port}`,
    );
    const free = { address: "127.0.0.1", port: 0 };
    await expect(startControlPlane({ ...OPTIONS, xds: free, http: taken })).rejects.toThrow(
      `HTTP cannot be served on 127.0.0.1:${taken.port}`,
    );
  });
});
