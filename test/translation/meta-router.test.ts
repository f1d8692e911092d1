import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { viewOf } from "../../adapter/model/view.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { formatProblem } from "../../adapter/status/format.js";
import { Translator } from "../../adapter/translate/translator.js";

const input = readFileSync(join(import.meta.dirname, "meta-router/input.yaml"), "utf8");
const documents = input.split("---\n");
const HOST = "org.example.demoservice";
const services = documents.slice(0, 2).join("---\n");

function translate(...yaml: readonly string[]) {
  const { mesh, problems } = new Translator().translate(parseFile(yaml.join("\n---\n"), "a.yaml", recognise));
  const hosts = mesh.listeners.flatMap(({ virtualHosts }) => virtualHosts);
  return { mesh, hosts, problems: problems.map(formatProblem) };
}

/** For the service of a registry, with this in its spec beside the host. */
function router(spec: string, host = HOST): string {
  return `
apiVersion: metaprotocol.aeraki.io/v1alpha1
kind: MetaRouter
metadata: { name: demo, namespace: meta-dubbo }
spec: { hosts: [ ${host} ], ${spec} }`;
}

const to = (more = "") => `route: [ { destination: { host: ${HOST}${more} } } ]`;

describe("a MetaRouter is refused where it would be half applied", () => {
  it.each([
    [`routes: [ { ${to()}, mirror: { host: a } } ]`, "spec.routes[0].mirror: calls are not sent twice"],
    [`routes: [ { ${to()}, mirrorPercentage: { value: 1 } } ]`, "spec.routes[0].mirrorPercentage: calls are not sent"],
    [
      `routes: [ { ${to()}, requestMutation: [ { key: a, value: b } ] } ]`,
      "requestMutation: calls and answers pass as",
    ],
    [`routes: [ { ${to()}, responseMutation: [] } ]`, "responseMutation: calls and answers pass as they are"],
    [`routes: [ { ${to()} } ], localRateLimit: {}`, "spec.localRateLimit: write tokenBucket, or conditions, or both"],
    [
      `routes: [ { ${to()} } ], localRateLimit: { tokenBucket: { maxTokens: 1 } }`,
      "spec.localRateLimit.tokenBucket: fillInterval is needed here",
    ],
    [`routes: [ { ${to()} } ], globalRateLimit: {}`, "spec.globalRateLimit: domain is needed here"],
    [
      `routes: [ { ${to()} } ], globalRateLimit: { domain: d, rateLimitService: limits, descriptors: [ { property: user, descriptorKey: user } ] }`,
      "spec.globalRateLimit.rateLimitService: limits: write the cluster of a service's port, outbound|8081||HOST",
    ],
    [`routes: [ { ${to()} } ], gateways: [ istio-system/in ]`, 'spec.gateways[0]: "istio-system/in": must be mesh'],
    [`routes: [ { ${to()} } ], retries: 3`, "spec.retries: unknown field"],
    [`routes: [ { match: { attributes: { a: { suffix: b } } }, ${to()} } ]`, "attributes.a.suffix: unknown field"],
    [
      `routes: [ { match: { attributes: { a: { exact: b, prefix: c } } }, ${to()} } ]`,
      "a: says exact and prefix, and may",
    ],
    [
      `routes: [ { match: { attributes: { a: { exact: 1 } } }, ${to()} } ]`,
      'must be a text, and is 1: write it in quotes, "1"',
    ],
    [`routes: [ { ${to(", subset: v3")} } ]`, "destination.subset: org.example.demoservice has no subset v3"],
    [`routes: [ { ${to(", port: { number: 1 }")} } ]`, "org.example.demoservice has no port 1"],
    ["localRateLimit: {}", "spec: routes is needed here"],
  ])("%s", (spec, reason) => {
    const { hosts, problems } = translate(services, router(spec));
    expect(problems.join("\n")).toContain(reason);
    expect(hosts).toMatchObject([{ services: [HOST], routes: [{ name: "default" }] }]);
  });

  it("of several hosts, or of weights that do not add up", () => {
    const split = `route: [ { destination: { host: ${HOST} }, weight: 50 }, { destination: { host: ${HOST} } } ]`;
    expect(translate(services, router(`routes: [ { ${split} } ]`)).problems.join()).toContain(
      "the weights add up to 50",
    );
    const two = translate(services, router(`routes: [ { ${to()} } ]`, `${HOST}, a`));
    expect(two.problems.join()).toContain("spec.hosts: Aeraki takes one host: write a MetaRouter for each");
  });
});

describe("the interface that a MetaRouter is presumably for", () => {
  const virtualService = `
apiVersion: networking.meltemi.io/v1alpha1
kind: VirtualService
metadata: { name: demo, namespace: other }
spec: { hosts: [ org.example.DemoService ], routes: [ { name: own, ${to()} } ] }`;
  const metaRouter = router(`routes: [ { name: aerakis, ${to()} } ], exportTo: [ "." ]`);

  it.each([
    ["before", [virtualService, metaRouter]],
    ["after", [metaRouter, virtualService]],
  ])("is a VirtualService's that names it, %s it", (_, both) => {
    const { hosts, problems } = translate(services, ...both);
    expect(problems).toEqual([]);
    const found = hosts.map(({ services, routes }) => [...services, routes[0]?.name]);
    expect(found.sort()).toEqual([
      ["org.example.DemoService", "own"],
      [HOST, "aerakis"],
    ]);
  });

  it("is seen where the MetaRouter is", () => {
    const { mesh } = translate(services, metaRouter);
    const namesIn = (namespace: string) => {
      return viewOf(mesh, { namespace }).listeners.flatMap(({ virtualHosts }) =>
        virtualHosts.flatMap((one) => one.services),
      );
    };
    expect(namesIn("meta-dubbo")).toEqual([HOST, "org.example.DemoService"]);
    expect(namesIn("other")).toEqual([HOST]);
  });
});
