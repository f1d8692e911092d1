import { describe, expect, it } from "vitest";
import { istiosPart } from "../../adapter/istio/istios-part.js";
import { judge } from "../../adapter/istio/judge.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { formatProblem } from "../../adapter/status/format.js";
import { Translator } from "../../adapter/translate/translator.js";

function translate(yaml: string) {
  const state = parseFile(yaml, "input.yaml", recognise);
  const { mesh, problems } = new Translator({ partOf: istiosPart }).translate(state);
  return { mesh, problems: judge(problems, state.resources).map(formatProblem) };
}

const SERVICE = `
apiVersion: v1
kind: Service
metadata: { name: reviews, namespace: prod }
spec: { clusterIPs: [10.0.0.1], ports: [{ name: dubbo, port: 20880 }] }
---
apiVersion: networking.meltemi.io/v1alpha1
kind: VirtualService
metadata: { name: reviews, namespace: prod }
spec: { hosts: [reviews], routes: [{ route: [{ destination: { host: reviews, subset: v2 } }] }] }
`;

const istio = (kind: string, name: string, spec: string) => `---
apiVersion: networking.istio.io/v1
kind: ${kind}
metadata: { name: ${name}, namespace: prod }
spec: ${spec}
`;

describe("of Istio's resources, where the Envoys are Istio's,", () => {
  it("the subsets of all DestinationRules are read, whatever policies they have", () => {
    const tls = "{ tls: { mode: ISTIO_MUTUAL }, loadBalancer: { consistentHash: { httpHeaderName: x-user } } }";
    const { mesh, problems } = translate(
      SERVICE +
        istio("DestinationRule", "a", `{ host: reviews, trafficPolicy: ${tls}, subsets: [{ name: v1 }] }`) +
        istio("DestinationRule", "b", `{ host: reviews, subsets: [{ name: v2, trafficPolicy: ${tls} }] }`),
    );
    expect(problems).toEqual([expect.stringContaining("has no endpoint that is ready")]);
    expect(mesh.services[0]?.subsets.map(({ name }) => name)).toEqual(["v1", "v2"]);
    expect(mesh.listeners[0]?.virtualHosts[0]?.routes[0]?.destinations).toMatchObject([{ subset: "v2" }]);
  });

  it("what is of other protocols, of many hosts or of none that is known is no fault", () => {
    const port = "ports: [{ number: 443, name: tls, protocol: TLS }]";
    const { problems } = translate(
      istio("DestinationRule", "all", '{ host: "*.local", trafficPolicy: { tls: { mode: ISTIO_MUTUAL } } }') +
        istio("DestinationRule", "remote", "{ host: remote.global }") +
        istio("ServiceEntry", "wild", `{ hosts: ["*.example.com"], resolution: NONE, ${port} }`) +
        istio("ServiceEntry", "round", `{ hosts: [a.example.com], resolution: DNS_ROUND_ROBIN, ${port} }`) +
        istio("WorkloadEntry", "far", "{ address: 10.9.9.9, network: other }") +
        istio("WorkloadEntry", "socket", '{ address: "unix:///var/run/it" }') +
        istio(
          "ServiceEntry",
          "far",
          `{ hosts: [c.example.com], resolution: STATIC, endpoints: [{ address: 10.9.9.9, network: other }], ${port} }`,
        ) +
        istio("ServiceEntry", "san", `{ hosts: [b.example.com], resolution: NONE, subjectAltNames: [x], ${port} }`),
    );
    expect(problems).toEqual([]);
  });

  it("what is wrong with subsets is told all the same", () => {
    const { problems } = translate(
      SERVICE.replace("subset: v2", "subset: v1") +
        istio("DestinationRule", "a", "{ host: reviews, subsets: [{ name: v1 }, { name: v1 }] }"),
    );
    expect(problems.join("\n")).toContain("DestinationRule prod/a: spec.subsets[1].name: a subset of the name v1");
  });
});
