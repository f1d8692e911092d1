import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { meltemi } from "./support/meltemi.js";

const demo = ["explain", "--config", "envoy-config/demo", "--protocol", "dubbo", "--service", "demo.ReviewService"];

describe("meltemi explain", () => {
  it("tells the route that a call takes", async () => {
    expect(await meltemi(...demo, "--attribute", "user=jason")).toEqual({
      status: 0,
      stdout: `demo.ReviewService on port 20880: virtual host demo.ReviewService:20880
  takes:
    1. jason-sees-v2 (VirtualService demo/reviews)
      → outbound|20880|v2|reviews.demo.svc.cluster.local
`,
      stderr: "",
    });
  });

  it.each([
    ["anna", 'user "anna" is not "jason"'],
    ["jason=x", 'user "jason=x" is not "jason"'],
  ])("tells why a route is passed over: user=%s", async (user, reason) => {
    const { stdout } = await meltemi(...demo, "--attribute", "region=eu", "--attribute", `user=${user}`);
    expect(stdout).toContain(`    1. jason-sees-v2 (VirtualService demo/reviews): ${reason}\n  takes:\n    2. default`);
  });

  it("goes by what the Sidecars of the Envoy's namespace let through, and by which namespace is Istio's root", async () => {
    const directory = mkdtempSync(join(tmpdir(), "meltemi-explain-"));
    cpSync("envoy-config/demo", directory, { recursive: true });
    const sidecar = {
      apiVersion: "networking.istio.io/v1",
      kind: "Sidecar",
      metadata: { name: "a", namespace: "root" },
    };
    writeFileSync(
      join(directory, "sidecar.json"),
      JSON.stringify({ ...sidecar, spec: { egress: [{ hosts: ["./*"] }] } }),
    );
    const explain = (...options: readonly string[]) =>
      meltemi("explain", "--config", directory, ...demo.slice(3), ...options);
    expect((await explain("--namespace", "shop")).status).toBe(0);
    expect((await explain("--namespace", "demo", "--istio-namespace", "root")).status).toBe(0);
    const { status, stdout } = await explain("--namespace", "shop", "--istio-namespace", "root");
    expect(stdout).toBe("no dubbo listener has the service demo.ReviewService\n");
    expect(status).toBe(1);
    rmSync(directory, { recursive: true });
  });

  it("prints JSON in the shape that its help tells", async () => {
    const { status, stdout } = await meltemi(...demo, "--output", "json");
    const origin = "VirtualService demo/reviews";
    const cluster = (subset: string) => [
      { name: `outbound|20880|${subset}|reviews.demo.svc.cluster.local`, weight: 1 },
    ];
    expect(JSON.parse(stdout)).toMatchObject({
      protocol: "dubbo",
      service: "demo.ReviewService",
      attributes: {},
      listeners: [
        {
          port: 20880,
          virtual_host: "demo.ReviewService:20880",
          route: { index: 1, name: "default", origin, clusters: cluster("v1") },
          passed_over: [
            {
              route: { index: 0, name: "jason-sees-v2", origin, clusters: cluster("v2") },
              failed: { attribute: "user", matcher: "exact_match", expected: "jason", invert: false, value: null },
            },
          ],
        },
      ],
    });
    expect(status).toBe(0);
  });

  it("fails where no listener has the service, and asks whether another was meant", async () => {
    const { status, stdout } = await meltemi(...demo.slice(0, -1), "demo.ReviewServise");
    expect(stdout).toBe("no dubbo listener has the service demo.ReviewServise; did you mean demo.ReviewService?\n");
    expect(status).toBe(1);
  });
});
