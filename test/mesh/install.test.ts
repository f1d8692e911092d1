import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { installMeltemi, virtualService } from "./support/install.js";
import { KubernetesCluster } from "./support/kubernetes-cluster.js";

describe("resources as kubectl takes them", () => {
  let cluster: KubernetesCluster;

  beforeAll(async () => {
    cluster = await KubernetesCluster.start();
    await installMeltemi(cluster);
    await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "prod" } });
    // A policy is in force a moment after it was taken.
    await vi.waitUntil(async () => (await said(virtualService("a", matching({ user: {} })))) !== "", {
      timeout: 30_000,
      interval: 200,
    });
  });

  afterAll(() => cluster.stop());

  /** What kubectl says against it. */
  async function said(object: object): Promise<string> {
    const { status, stderr } = await cluster.tryKubectl(["create", "--dry-run=server", "-f", "-"], {
      input: JSON.stringify(object),
    });
    return status === 0 ? "" : stderr;
  }

  it.each([
    ["without a condition", {}],
    ["with a protocol", { protocol: "dubbo" }],
    ["for every service", { hosts: ["*"] }],
    [
      "with conditions as a map",
      matching({ user: { exact: "jason", invert: true }, age: { range: { start: 1, end: 5 } } }),
    ],
    [
      "with conditions as a list",
      matching([{ user: { prefix: "j" } }, { user: { regex: "j.*" } }, { x: { present: false } }]),
    ],
    ["with weights", { routes: [{ route: weights(90, 10) }] }],
    [
      "with as many routes as there may be",
      { routes: Array(4096).fill({ ...matching({ user: { exact: "a" } }).routes[0] }) },
    ],
  ])("a VirtualService %s", async (_, spec) => {
    expect(await said(virtualService("a", spec))).toBe("");
  });

  it.each([
    ["a protocol that has no name of one", { protocol: "du bo" }, "must be the name of a protocol"],
    ["an unknown field", { routs: [] }, 'unknown field "spec.routs"'],
    ["no host", { hosts: [] }, "spec.hosts in body should have at least 1 items"],
    ["a host twice", { hosts: ["a", "a"] }, 'spec.hosts[1]: Duplicate value: "a"'],
    ["a wildcard", { hosts: ["a.*"] }, "names are compared as a whole; `*` alone takes what no other"],
    [
      "weights of 110",
      { routes: [{ route: weights(60, 50) }] },
      "spec.routes[0].route: Invalid value: the weights must add up to 100",
    ],
    [
      "a missing weight",
      { routes: [{ route: weights(60, undefined) }] },
      "weight is needed where there are several destinations",
    ],
    ["a weight of 101", { routes: [{ route: weights(101) }] }, "should be less than or equal to 100"],
    [
      "two conditions in one",
      matching({ user: { exact: "a", prefix: "b" } }),
      "a condition says exactly one thing: write one of exact,",
    ],
    ["a condition that says nothing", matching({ user: { invert: true } }), "a condition says exactly one thing"],
    ["an unknown condition", matching({ user: { exakt: "a" } }), "a condition has no such field: write one of exact,"],
    ["a condition that is a text", matching({ user: "jason" }), "must be a map: write { user: { exact: jason } }"],
    ["a condition that is a number", matching({ user: { exact: 1 } }), "write numbers, true and false in quotes"],
    ["no condition", matching({}), "attributes is empty: leave match out"],
    ["an empty list of conditions", matching([]), "attributes is empty"],
    ["conditions that are a text", matching("jason"), "attributes must be a map, such as { user: { exact: jason } }"],
    [
      "a list of maps with two",
      matching([{ a: { exact: "a" }, b: { exact: "b" } }]),
      "write [ { user: { exact: jason } } ]",
    ],
    ["a condition in a list that says two things", matching([{ a: { exact: "a", regex: "b" } }]), "exactly one thing"],
    ["a long regex", matching({ user: { regex: "ä".repeat(2049) } }), "regex must not be longer than 4096 bytes"],
  ])("not a VirtualService with %s", async (_, spec, message) => {
    expect(await said(virtualService("a", spec))).toContain(message);
  });

  const files = { serverCertificate: "/a", privateKey: "/b" };

  it.each([
    ["ListenerPolicy", { protocol: "dubbo", port: 20880, idleTimeout: "1h30m", tls: { mode: "SIMPLE", ...files } }, ""],
    ["ListenerPolicy", { protocol: "dubbo", port: 0 }, "greater than or equal to 1"],
    [
      "ListenerPolicy",
      { protocol: "dubbo", port: 1, idleTimeout: "5" },
      "must be a duration such as 5s, 500ms or 1h30m",
    ],
    [
      "ListenerPolicy",
      { protocol: "dubbo", port: 1, mode: "CALLS" },
      'supported values: "CALL", "CONNECTION", "OBSERVE", "AUTO"',
    ],
    [
      "ListenerPolicy",
      { protocol: "dubbo", port: 1, mode: "OBSERVE", tunnelIdleTimeout: "1s" },
      "have no tunnels: only CALL has",
    ],
    ["ListenerPolicy", { protocol: "dubbo", port: 1, tls: { mode: "DISABLE", ...files } }, "DISABLE: leave tls out"],
    [
      "ListenerPolicy",
      { protocol: "dubbo", port: 1, tls: { mode: "TLS", ...files } },
      "TLS: must be one of SIMPLE, MUTUAL",
    ],
    [
      "ListenerPolicy",
      { protocol: "dubbo", port: 1, tls: { mode: "MUTUAL", ...files } },
      "mode MUTUAL needs caCertificates",
    ],
    [
      "ListenerPolicy",
      { protocol: "dubbo", port: 1, tls: { mode: "SIMPLE", caCertificates: "/c", ...files } },
      "write MUTUAL, or leave",
    ],
    [
      "ListenerPolicy",
      { protocol: "dubbo", port: 1, tls: { mode: "SIMPLE", credentialName: "c", ...files } },
      "secrets are not read yet",
    ],
    ["DestinationPolicy", { host: "a", tunnels: { maximum: 4 } }, ""],
    ["DestinationPolicy", { host: "a", tunnels: {} }, "should have at least 1 properties"],
    ["DestinationPolicy", { host: "a", tunnels: { minimum: 4, maximum: 2 } }, "maximum must not be less than minimum"],
    ["AuthorizationPolicy", { rules: [{ from: [{ source: { principals: ["*"], ipBlocks: ["fd00::/8"] } }] }] }, ""],
    ["AuthorizationPolicy", { action: "CUSTOM" }, "CUSTOM: no external authorizer is asked"],
    ["AuthorizationPolicy", { rules: [{ to: [{ operation: {} }] }] }, "should have at least 1 properties"],
    ["AuthorizationPolicy", { rules: [{ from: [{ source: { principle: ["x"] } }] }] }, "source has no such field"],
    ["AuthorizationPolicy", { rules: [{ form: [] }] }, "a rule has no such field: there is from, to, when"],
    ["AuthorizationPolicy", { rule: [] }, "spec has no such field"],
    [
      "AuthorizationPolicy",
      { rules: [{ when: [{ key: "source.ip", values: ["10.0.0/8"] }] }] },
      "must be IP addresses",
    ],
    ["ListenerPolicy", { protocol: "dubbo", port: 1, inbound: { defaultEndpoint: "127.0.0.1:2" } }, ""],
    ["ListenerPolicy", { protocol: "dubbo", port: 1, mode: "OBSERVE", inbound: { bind: "::" } }, "needs CALL"],
  ])("%s %j", async (kind, spec, message) => {
    const metadata = { name: "a", namespace: "prod" };
    const answer = await said({ apiVersion: "networking.meltemi.io/v1alpha1", kind, metadata, spec });
    if (message === "") expect(answer).toBe("");
    else expect(answer).toContain(message);
  });

  it("with the defaults that the adapter takes", async () => {
    const metadata = { name: "defaults", namespace: "prod" };
    const spec = { protocol: "dubbo", port: 20880 };
    await cluster.apply({ apiVersion: "networking.meltemi.io/v1alpha1", kind: "ListenerPolicy", metadata, spec });
    expect(await cluster.kubectl(["get", "mlp", "defaults", "-n", "prod", "-o", "jsonpath={.spec.mode}"])).toBe("CALL");
  });

  it("explained", async () => {
    expect(await cluster.kubectl(["explain", "mvs"])).toContain("Where calls of an RPC protocol to some services go");
    const routes = await cluster.kubectl(["explain", "mvs.spec.routes", "--recursive"]);
    expect(routes).toMatch(/weight\s+<integer>/);
    expect(await cluster.kubectl(["explain", "mlp.spec.mode"])).toContain("AUTO: what the routes");
  });
});

function matching(attributes: unknown) {
  return { routes: [{ match: [{ attributes }], route: [{ destination: { host: "a" } }] }] };
}

function weights(...all: readonly (number | undefined)[]): readonly object[] {
  return all.map((weight) => ({ destination: { host: "a" }, ...(weight !== undefined && { weight }) }));
}
