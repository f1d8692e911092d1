import { describe, expect, it } from "vitest";
import { recognise } from "../resource/recognise.js";
import { parseFile } from "../source/file-content.js";
import type { RawResource } from "../source/source.js";
import { importsOf } from "./imports.js";

const ISTIO = "networking.istio.io/v1";

function resource(namespace: string, kind: string, name: string, spec: string): string {
  const group = ["VirtualService", "ListenerPolicy"].includes(kind)
    ? "networking.meltemi.io/v1alpha1"
    : kind === "Service"
      ? "v1"
      : ISTIO;
  return `{ apiVersion: ${group}, kind: ${kind}, metadata: { name: ${name}, namespace: ${namespace} }, spec: { ${spec} } }\n`;
}

const entry = (namespace: string, host: string) =>
  resource(namespace, "ServiceEntry", `to-${host}`, `hosts: [ ${host} ]`);
const rule = (namespace: string, host: string) =>
  resource(namespace, "DestinationRule", `for-${host}`, `host: ${host}`);
const route = (namespace: string, host: string, to: string) =>
  resource(
    namespace,
    "VirtualService",
    `of-${host.replace("*", "star")}`,
    `hosts: [ '${host}' ], routes: [ { route: [ { destination: { host: ${to} } } ] } ]`,
  );

function raws(documents: readonly string[]): readonly RawResource[] {
  return parseFile(documents.join("---\n"), "input.yaml", recognise).resources;
}

/** Names of those that count for foo. */
function imported(exported: readonly string[], known: readonly string[] = []): readonly string[] {
  const found = importsOf(raws(exported), raws(known), "foo", "istio-system");
  return found.map(({ document }) => (document.metadata as { readonly name: string }).name);
}

describe("what a tenant gets of others", () => {
  it("is a service with its rule and its routes", () => {
    const all = [entry("bar", "shop.example"), rule("bar", "shop.example"), route("bar", "shop.Shop", "shop.example")];
    expect(imported(all)).toEqual(["to-shop.example", "for-shop.example", "of-shop.Shop"]);
  });

  it("is a Service by any of its names", () => {
    const all = [resource("bar", "Service", "shop", ""), rule("bar", "shop"), route("bar", "shop.bar", "shop")];
    expect(imported(all)).toEqual(["shop", "for-shop", "of-shop.bar"]);
  });

  it.each([
    ["that it has itself", "shop.example", entry("foo", "shop.example")],
    ["that the root namespace has", "shop.example", entry("istio-system", "shop.example")],
    ["that its routes are for", "shop.Shop", route("foo", "shop.Shop", "shop.example")],
    ["that it may have in its cluster", "shop.foo.svc.cluster.local", ""],
    ["that may be short for one of its own", "shop.foo", ""],
    ["that may be short for one of the root namespace", "shop.istio-system.svc", ""],
    ["of another namespace's cluster service", "shop.baz.svc.cluster.local", ""],
    ["without a dot, which any namespace completes", "shop", ""],
  ])("is no host %s", (_, host, known) => {
    const exported = [entry("bar", host), entry("bar", "other.example")];
    expect(imported(exported, known === "" ? [] : [known])).toEqual(["to-other.example"]);
  });

  it("is nothing at a port where it only observes", () => {
    const at = (port: number) =>
      resource("bar", "ServiceEntry", `at-${port}`, `hosts: [ at-${port}.example ], ports: [ { number: ${port} } ]`);
    const service = resource("bar", "Service", "shop", "ports: [ { port: 20880 } ]");
    const policy = (mode: string) => resource("foo", "ListenerPolicy", "p", `port: 20880, mode: ${mode}`);
    expect(imported([at(20880), at(20881), service], [policy("OBSERVE")])).toEqual(["at-20881"]);
    expect(imported([at(20880), at(20881), service], [policy("CALL")])).toEqual(["at-20880", "at-20881", "shop"]);
  });

  it("is no Service whose host it has given to another one", () => {
    expect(imported([resource("bar", "Service", "shop", "")], [entry("foo", "shop.bar.svc.cluster.local")])).toEqual(
      [],
    );
  });

  it.each([
    ["for its own service", route("bar", "own.example", "shop.example")],
    ["for its own name in messages", route("bar", "own.Name", "shop.example")],
    ["for its own service by a short name", route("bar", "own.foo", "shop.example")],
    ["to its own service", route("bar", "shop.Shop", "own.example")],
    ["for all calls without another route", route("bar", "*", "shop.example")],
    ["for the service of a third one", route("bar", "third.example", "shop.example")],
    ["to the service of a third one", route("bar", "shop.Shop", "third.example")],
  ])("is no route %s", (_, one) => {
    const exported = [entry("bar", "shop.example"), entry("baz", "third.example"), one];
    const known = [
      entry("foo", "own.example"),
      route("foo", "own.Name", "own.example"),
      resource("foo", "Service", "own", ""),
    ];
    expect(imported(exported, known)).toEqual(["to-shop.example", "to-third.example"]);
  });

  it("is no rule for what is not its exporter's", () => {
    const exported = [
      entry("bar", "shop.example"),
      entry("baz", "third.example"),
      rule("bar", "third.example"),
      rule("bar", "none.example"),
      rule("bar", "own.example"),
    ];
    expect(imported(exported, [entry("foo", "own.example")])).toEqual(["to-shop.example", "to-third.example"]);
  });

  it("is anything but an exception where fields are anything", () => {
    const odd = ["hosts: 7", "hosts: [ 7, {} ]", "hosts: { a: b }", "routes: [ 7, [ [] ], { host: [] } ]", "host: {}"];
    for (const kind of ["VirtualService", "ServiceEntry", "DestinationRule", "Service"])
      expect(() => imported(odd.map((spec, i) => resource("bar", kind, `odd-${i}`, spec)))).not.toThrow();
  });
});
