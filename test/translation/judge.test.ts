import { expect, it } from "vitest";
import { judge } from "../../adapter/kubernetes/judge.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { Translator } from "../../adapter/translate/translator.js";

const TLS = "trafficPolicy: { tls: { mode: ISTIO_MUTUAL } }";

const ISTIOS: readonly (readonly [kind: string, name: string, spec: string])[] = [
  ["DestinationRule", "web", `{ host: web, ${TLS} }`],
  ["DestinationRule", "all", `{ host: "*.local", ${TLS} }`],
  ["DestinationRule", "short", `{ host: reviews, ${TLS} }`],
  ["DestinationRule", "middle", `{ host: reviews.prod, ${TLS} }`],
  ["DestinationRule", "full", `{ host: reviews.prod.svc.cluster.local, ${TLS} }`],
  ["ServiceEntry", "google", '{ hosts: ["*.google.com"], resolution: NONE, ports: [{ number: 443, name: tls }] }'],
  [
    "ServiceEntry",
    "far",
    "{ hosts: [far.example.com], resolution: NONE, ports: [{ number: 20880, name: tcp-dubbo }] }",
  ],
  ["WorkloadEntry", "vm", "{ address: 10.9.9.9 }"],
];

const INPUT = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: prod }
spec: { clusterIPs: [10.0.0.1], ports: [{ name: http, port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: reviews, namespace: prod }
spec: { clusterIPs: [10.0.0.2], ports: [{ name: dubbo, port: 20880 }] }
${ISTIOS.map(
  ([kind, name, spec]) => `---
apiVersion: networking.istio.io/v1
kind: ${kind}
metadata: { name: ${name}, namespace: prod }
spec: ${spec}
`,
).join("")}`;

it("tells of a cluster's resources what is about services that speak a protocol of ours", () => {
  const state = parseFile(INPUT, "input.yaml", recognise);
  const { mesh, problems } = new Translator().translate(state);
  const told = judge(problems, state.resources, mesh).filter(({ resource }) => resource?.kind !== "Service");
  expect(told.map(({ resource }) => `${resource?.kind} ${resource?.name}`).sort()).toEqual([
    "DestinationRule full",
    "DestinationRule middle",
    "DestinationRule short",
    "DestinationRule web",
    "ServiceEntry far",
  ]);
  expect(problems.length).toBeGreaterThan(told.length);
});
