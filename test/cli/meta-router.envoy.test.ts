import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DubboClient } from "../envoy/dubbo-client.js";
import { DubboServer } from "../envoy/dubbo-server.js";
import { answerText } from "../support/dubbo.js";
import { MAIN, meltemi, Running } from "./support/meltemi.js";

const INTERFACE = "org.example.DemoService";

let directory: string;
let servers: readonly DubboServer[];
let running: Running;
let client: DubboClient;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "meltemi-meta-router-"));
  servers = await Promise.all(["v1", "v2"].map((version) => DubboServer.start(version)));
  writeFileSync(join(directory, "service.yaml"), service(servers));
  write("");
  const envoy = process.env.MELTEMI_TEST_ENVOY_1_40 as string;
  const listen = ["--listen", "dubbo=127.0.0.1:0", "--log-format", "json"];
  running = Running.start([MAIN, "up", "--config", directory, "--envoy", envoy, ...listen]);
  const [, port] = /outbound_dubbo_0=127\.0\.0\.1:(\d+)/.exec(await running.firstLine()) ?? [];
  client = await DubboClient.connect(Number(port));
});

afterEach(async () => {
  client.close();
  running.kill("SIGINT");
  await running.closed;
  await Promise.all(servers.map((server) => server.close()));
  rmSync(directory, { recursive: true });
});

/** A MetaRouter as Aeraki's users have it, with this besides in its first route. */
function write(more: string): void {
  const yaml = `
apiVersion: metaprotocol.aeraki.io/v1alpha1
kind: MetaRouter
metadata: { name: demo, namespace: meta-dubbo }
spec:
  hosts:
    - org.example.demoservice
  routes:
    - name: v2
      match:
        attributes:
          interface: { exact: ${INTERFACE} }
          method: { regex: "say.*" }
          user: { prefix: ja }
      route:
        - destination: { host: org.example.demoservice, subset: v2 }
      ${more}
    - name: v1
      route:
        - destination: { host: org.example.demoservice, subset: v1 }
`;
  writeFileSync(join(directory, "router.yaml"), yaml);
}

function service(servers: readonly DubboServer[]): string {
  return `
apiVersion: networking.istio.io/v1alpha3
kind: ServiceEntry
metadata: { name: demo, namespace: meta-dubbo, annotations: { interface: ${INTERFACE} } }
spec:
  hosts: [org.example.demoservice]
  ports: [{ number: 20880, name: tcp-metaprotocol-dubbo, protocol: TCP }]
  resolution: STATIC
  endpoints:
${servers.map(({ name, port }) => `    - { address: 127.0.0.1, ports: { tcp-metaprotocol-dubbo: ${port} }, labels: { version: ${name} } }`).join("\n")}
---
apiVersion: networking.istio.io/v1alpha3
kind: DestinationRule
metadata: { name: demo, namespace: meta-dubbo }
spec:
  host: org.example.demoservice
  subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]
`;
}

async function ask(method: string, user: string): Promise<string> {
  return answerText(await client.call(INTERFACE, method, { attachments: { user } })).split(" ")[0] as string;
}

describe("a MetaRouter of Aeraki's", () => {
  it("routes calls in Envoy, and one that says more than Meltemi does changes nothing", async () => {
    expect(await meltemi("check", directory)).toMatchObject({ status: 0, stdout: "0 errors, 0 warnings\n" });
    expect(await ask("sayHello", "jason")).toBe("v2");
    expect(await ask("sayHello", "mary")).toBe("v1");
    expect(await ask("hello", "jason")).toBe("v1");

    write("mirror: { host: org.example.demoservice, subset: v1 }");
    await running.logged("spec.routes[0].mirror", 1);
    const { status, stdout } = await meltemi("check", directory);
    expect(stdout).toMatch(/MetaRouter meta-dubbo\/demo: spec\.routes\[0\]\.mirror: calls are not sent twice/);
    expect(status).toBe(1);
    expect(await ask("sayHello", "jason")).toBe("v2");
  });
});
