import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { namedNamespaces, viewOf } from "../../adapter/model/view.js";
import { recognise } from "../../adapter/resource/recognise.js";
import { parseFile } from "../../adapter/source/file-content.js";
import { Translator } from "../../adapter/translate/translator.js";

const input = readFileSync(join(import.meta.dirname, "exports/input.yaml"), "utf8");
const { mesh } = new Translator().translate(parseFile(input, "input.yaml", recognise));
const REVIEWS = "reviews.shop.svc.cluster.local";
const PRICES = "prices.shop.svc.cluster.local";

/** The names of each virtual host, and where its routes lead. */
function see(namespace: string | undefined): object {
  const { services, listeners } = viewOf(mesh, { namespace });
  const hosts = listeners.flatMap(({ virtualHosts }) => virtualHosts);
  return {
    services: services.map(({ host, subsets }) => [host, ...subsets.map(({ name }) => name)].join(" ")),
    hosts: hosts.map(({ services, routes }) => [
      services.join(" "),
      ...routes.map(({ destinations: [first] }) => `${first?.host} ${first?.subset}`),
    ]),
  };
}

describe("what is exported to some namespaces", () => {
  it("names them", () => {
    expect([...namedNamespaces(mesh)].sort()).toEqual(["lab", "lab2", "office", "shop"]);
  });

  const reviewsHost = [REVIEWS, `${REVIEWS} undefined`];
  const pricesHost = [PRICES, `${PRICES} undefined`];
  const rest = `${REVIEWS} undefined`;

  it.each([
    [
      "the services' own",
      "shop",
      [PRICES, `${REVIEWS} v1 v2`],
      [pricesHost, reviewsHost, ["shop.Reviews", `${REVIEWS} v1`, rest]],
    ],
    [
      "one with a VirtualService of its own, which has names of its own",
      "lab",
      [`${REVIEWS} v1 v2`],
      [reviewsHost, ["shop.Reviews", `${REVIEWS} v1`, `${REVIEWS} v2`], ["shop.Try", `${REVIEWS} v2`]],
    ],
    [
      "one that sees the subsets, and not that VirtualService",
      "lab2",
      [`${REVIEWS} v1 v2`],
      [reviewsHost, ["shop.Reviews", `${REVIEWS} v1`, rest]],
    ],
    [
      "one that does not see the subsets: routes to them are left out",
      "office",
      [PRICES, REVIEWS],
      [pricesHost, reviewsHost, ["shop.Reviews", rest]],
    ],
    ["one that is not named", "other", [REVIEWS], [reviewsHost, ["shop.Reviews", rest]]],
    ["none", undefined, [REVIEWS], [reviewsHost, ["shop.Reviews", rest]]],
  ])("is seen by %s", (_, namespace, services, hosts) => {
    expect(see(namespace)).toEqual({ services, hosts });
  });

  it("leaves a service as it is without a VirtualService where none is seen", () => {
    const hidden = input.replace('exportTo: ["*"]', "exportTo: [shop]");
    const { mesh } = new Translator().translate(parseFile(hidden, "input.yaml", recognise));
    const [host, ...others] = viewOf(mesh, { namespace: "other" }).listeners.flatMap(
      ({ virtualHosts }) => virtualHosts,
    );
    expect(host).toMatchObject({ services: [REVIEWS], routes: [{ name: "default", match: [] }] });
    expect(others).toEqual([]);
  });
});
