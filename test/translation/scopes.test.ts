import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Viewer } from "../../adapter/model/scope.js";
import { isSameForAll, namedNamespaces, viewOf } from "../../adapter/model/view.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { formatProblem } from "../../adapter/status/format.js";
import { Translator, type TranslatorOptions } from "../../adapter/translate/translator.js";

const input = readFileSync(join(import.meta.dirname, "sidecars/input.yaml"), "utf8");
const REVIEWS = "reviews.shop.svc.cluster.local";
const PRICES = "prices.shop.svc.cluster.local";
const STOCK = "stock.example.com";
const SECRET = "secret.office.svc.cluster.local";

function translate(yaml = input, options: TranslatorOptions = {}) {
  return new Translator(options).translate(parseFile(yaml, "input.yaml", recognise));
}

/** Services with their ports, and where the calls of each virtual host go. */
function see(viewer: Viewer, mesh = translate().mesh): object {
  const { services, listeners } = viewOf(mesh, viewer);
  const hosts = listeners.flatMap(({ port, virtualHosts }) => virtualHosts.map((host) => ({ port, ...host })));
  return {
    services: services.map(({ host, ports }) => [host, ...ports.map(({ number }) => number)].join(" ")),
    hosts: hosts.map(({ port, services, routes }) => [
      port,
      services.join(" "),
      ...routes.map(({ destinations: [first] }) => first?.host),
    ]),
  };
}

const reviews = [20880, REVIEWS, REVIEWS];
const byUser = [20880, "shop.Reviews", STOCK, REVIEWS];
const old = [20881, REVIEWS, REVIEWS];
const prices = [20880, PRICES, PRICES];
const stock = [20880, STOCK, STOCK];

describe("what Sidecars say is called", () => {
  it("gives views to the namespaces that have services or Sidecars", () => {
    const { mesh } = translate();
    expect(isSameForAll(mesh)).toBe(false);
    expect([...namedNamespaces(mesh)].sort()).toEqual(["istio-system", "office", "open", "outside", "shop", "silent"]);
  });

  it.each([
    [
      "of two listeners both, that with a port by that port; of two Sidecars the first",
      "office",
      [`${PRICES} 20880`, `${REVIEWS} 20881`, `${SECRET} 20880`, `${STOCK} 20880`],
      [prices, [20880, SECRET, SECRET], [20880, "shop.Reviews", STOCK], stock, old],
    ],
    ["nothing", "silent", [], []],
    [
      "all but what is excluded",
      "outside",
      [`${REVIEWS} 20880 20881`],
      [reviews, [20880, "shop.Reviews", REVIEWS], old],
    ],
    [
      "everything where no egress is written",
      "open",
      [`${PRICES} 20880`, `${REVIEWS} 20880 20881`, `${STOCK} 20880`],
      [prices, reviews, byUser, stock, old],
    ],
    [
      "what one for some workloads lets through, and that of the root namespace for the rest",
      "shop",
      [`${PRICES} 20880`, `${REVIEWS} 20880 20881`, `${STOCK} 20880`],
      [prices, reviews, byUser, stock, old],
    ],
    ["by that of the root namespace: its own services, of which it has none", "other", [], []],
    ["likewise where the namespace is not known", undefined, [], []],
  ])("%s", (_, namespace, services, hosts) => {
    expect(see({ namespace })).toEqual({ services, hosts });
  });

  it("is not for gateways", () => {
    expect(see({ namespace: "silent", gateway: true })).toEqual(see({ namespace: "open" }));
  });

  it("holds for all namespaces in that of the root namespace alone, whichever that is", () => {
    const { mesh } = translate(input, { rootNamespace: "silent" });
    expect(see({ namespace: "other" }, mesh)).toEqual({ services: [], hosts: [] });
    expect(see({ namespace: "other" }, translate(input, { rootNamespace: "outside" }).mesh)).toEqual({
      services: [`${REVIEWS} 20880 20881`],
      hosts: [reviews, [20880, "shop.Reviews", REVIEWS], old],
    });
  });

  it("is everything where Sidecars are for some workloads alone and none is for the rest", () => {
    const documents = input
      .split("---\n")
      .filter((one) => !one.includes("kind: Sidecar") || one.includes("name: batch"));
    const { mesh } = translate(documents.join("---\n"));
    expect(mesh.scopes).toBeUndefined();
    expect(see({ namespace: "shop" }, mesh)).toEqual(see({ namespace: "open" }));
  });

  it.each([
    ["reviews", '"reviews": must be NAMESPACE/HOST, such as prod/*'],
    ["Shop/*", "must be NAMESPACE/HOST"],
    ["shop/", "must be NAMESPACE/HOST"],
    ["shop/a.*", "must be NAMESPACE/HOST"],
  ])("is refused where it is written as %s", (host, reason) => {
    const { problems } = translate(input.replace("~/*", host));
    expect(problems.map(formatProblem).join("\n")).toContain(`Sidecar silent/default: spec.egress[0].hosts[0]: `);
    expect(problems.map(formatProblem).join("\n")).toContain(reason);
  });
});

describe("a ServiceEntry", () => {
  it("is not seen by its own namespace where exportTo names others alone, as in Istio", () => {
    const { mesh } = translate(input.replace("exportTo: [office]", "exportTo: [open]"));
    expect(see({ namespace: "office" }, mesh)).not.toMatchObject({
      services: expect.arrayContaining([`${SECRET} 20880`]),
    });
    expect(see({ namespace: "open" }, mesh)).toMatchObject({ services: expect.arrayContaining([`${SECRET} 20880`]) });
  });

  it("is seen by nobody where exportTo is ~", () => {
    const [entry = ""] = input.split("---\n");
    const { mesh, problems } = translate(entry.replace("spec:", 'spec:\n  exportTo: ["~"]'));
    expect(problems).toEqual([]);
    expect(isSameForAll(mesh)).toBe(false);
    for (const namespace of ["shop", undefined]) expect(see({ namespace }, mesh)).toEqual({ services: [], hosts: [] });
  });
});
