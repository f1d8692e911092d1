import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLogger } from "../../adapter/log/logger.js";
import { type ControlPlane, startControlPlane } from "../../adapter/server/control-plane.js";
import { SotwClient } from "./ads-client.js";
import { meshOf, reviews, routeTo } from "./mesh.js";

const MESH = meshOf([reviews()], [routeTo("v1")]);

let controlPlane: ControlPlane;

const OPTIONS = {
  listen: [],
  code: { kind: "inline", bytes: Buffer.from("the filter") },
  log: createLogger({ level: "silent" }),
} as const;

beforeEach(async () => {
  const free = { address: "127.0.0.1", port: 0 };
  controlPlane = await startControlPlane({ ...OPTIONS, xds: free, http: free });
});

afterEach(async () => {
  await controlPlane.close();
});

async function get(path: string): Promise<Response> {
  return await fetch(`http://127.0.0.1:${controlPlane.httpPort}${path}`);
}

describe("the control plane over HTTP", () => {
  it("is healthy at once, and ready when there is a mesh", async () => {
    expect((await get("/healthz")).status).toBe(200);
    expect((await get("/readyz")).status).toBe(503);
    expect((await get("/debug/snapshot?node=x")).status).toBe(503);
    controlPlane.setMesh(MESH);
    expect((await get("/readyz")).status).toBe(200);
  });

  it("shows what a node gets, the code by its length", async () => {
    const { version } = controlPlane.setMesh(MESH);
    const snapshot = (await (await get("/debug/snapshot?node=x")).json()) as Record<string, object>;
    expect(snapshot).toMatchObject({
      version,
      LDS: { resources: [{ name: "outbound_dubbo_20880" }] },
      ECDS: {
        resources: [{ typed_config: { config: { vm_config: { code: { local: { inline_bytes: "10 bytes" } } } } } }],
      },
    });
  });

  it("counts pushes, acceptances and refusals, and shows the nodes", async () => {
    controlPlane.setMesh(MESH);
    const client = new SotwClient(controlPlane.xdsPort);
    client.subscribe("CDS");
    client.ack(await client.next("CDS"));
    client.subscribe("LDS");
    const rejected = once(controlPlane.events, "rejected");
    client.nack(await client.next("LDS"), "outbound_dubbo_20880: no");
    await rejected;
    const metrics = await (await get("/metrics")).text();
    expect(metrics).toContain('meltemi_xds_pushes_total{type="CDS"} 1');
    expect(metrics).toContain('meltemi_xds_acks_total{type="CDS"} 1');
    expect(metrics).toContain('meltemi_xds_nacks_total{type="LDS"} 1');
    expect(metrics).toContain("meltemi_xds_nodes 1");
    const rejection = { type: "LDS", resources: ["outbound_dubbo_20880"], message: "outbound_dubbo_20880: no" };
    expect(await (await get("/debug/nodes")).json()).toEqual([{ node: "test-node", rejection }]);
    client.close();
  });

  it("says what there is where there is nothing", async () => {
    const response = await get("/");
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("/debug/snapshot");
  });
});

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
