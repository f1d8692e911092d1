import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ListenerMode, Mesh } from "../../adapter/model/model.js";
import { DubboClient } from "../envoy/dubbo-client.js";
import { DubboServer } from "../envoy/dubbo-server.js";
import { answerText } from "../support/dubbo.js";
import { EnvoyUnderTest } from "./envoy-under-test.js";
import { endpoint, meshOf, reviews, routeTo } from "./mesh.js";

const SERVICE = "org.example.Reviews";
const CODE = { kind: "inline", bytes: readFileSync(new URL("../../dist/meltemi.wasm", import.meta.url)) } as const;

let v1: DubboServer;
let v2: DubboServer;

beforeAll(async () => {
  v1 = await DubboServer.start("v1");
  v2 = await DubboServer.start("v2");
});

afterAll(async () => {
  await v1.close();
  await v2.close();
});

/** Jason to v2, or to v1 as all others. */
function mesh(mode: ListenerMode, jason = "v2"): Mesh {
  const endpoints = [v1, v2].map(({ name, port }) => {
    return endpoint({ addresses: ["127.0.0.1"], ports: { dubbo: port }, labels: { version: name } });
  });
  const match = [{ name: "user", invert: false, kind: "exact", value: "jason" }] as const;
  const { services, listeners } = meshOf([reviews({ endpoints })], [routeTo(jason, { match }), routeTo("v1")]);
  return { services, listeners: listeners.map((listener) => ({ ...listener, mode })) };
}

const attachments = { user: "jason" };

it("a listener changes its mode, and its old connections go on in the one that they began in", async () => {
  const envoy = await EnvoyUnderTest.start(process.env.MELTEMI_TEST_ENVOY_1_40 as string, "delta", CODE, mesh("call"));
  const ask = async (client: DubboClient, method: string, as: object = {}) =>
    answerText(await client.call(SERVICE, method, as));
  const connect = () => DubboClient.connect(envoy.listenerPort);
  try {
    const byCall = await connect();
    expect(await ask(byCall, "a", { attachments })).toBe("v2 a");
    expect(await ask(byCall, "b")).toBe("v1 b");

    await envoy.serve(mesh("connection"));
    const byConnection = await connect();
    expect(await ask(byConnection, "a", { attachments })).toBe("v2 a");
    expect(await ask(byConnection, "b")).toBe("v2 b");
    expect(await ask(byCall, "c")).toBe("v1 c");
    expect(await ask(byCall, "d", { attachments })).toBe("v2 d");

    await envoy.serve(mesh("observe", "v1"));
    const observed = await connect();
    expect(await ask(observed, "a", { attachments })).toBe("v1 a");
    expect(await ask(byConnection, "c")).toBe("v2 c");
    expect(await ask(byCall, "e")).toBe("v1 e");
    const counted = `wasmcustom.meltemi_requests_total;listener=outbound_dubbo_${envoy.listenerPort}`;
    const series = `${counted};service=reviews.prod.svc.cluster.local:20880;method=a;`;
    let seen: number | undefined;
    while (!seen)
      seen = await envoy.stat(`${series}cluster=outbound|20880|v1|reviews.prod.svc.cluster.local;status=20`);
    expect(seen).toBe(1);
    for (const client of [byCall, byConnection, observed]) client.close();
  } finally {
    await envoy.stop();
  }
});

it("Envoy 1.36 refuses mode connection, and goes on with the others", async () => {
  const envoy = await EnvoyUnderTest.start(process.env.MELTEMI_TEST_ENVOY_1_36 as string, "delta", CODE, mesh("call"));
  try {
    envoy.controlPlane.setMesh(mesh("connection"));
    const name = `outbound_dubbo_${envoy.listenerPort}/connection`;
    await expect(envoy.controlPlane.synchronized()).rejects.toThrow(`refuses ECDS ${name}`);
    await envoy.serve(mesh("observe", "v1"));
    const client = await DubboClient.connect(envoy.listenerPort);
    expect(answerText(await client.call(SERVICE, "a", { attachments }))).toBe("v1 a");
    client.close();
  } finally {
    await envoy.stop();
  }
});
