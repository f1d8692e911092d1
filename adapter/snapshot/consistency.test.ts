import { describe, expect, it } from "vitest";
import type { ListenerMode } from "../model/model.js";
import { buildExtensionConfig } from "../xds/extension-configs.js";
import { buildListener } from "../xds/listeners.js";
import { makeResource, type Resource } from "../xds/resource.js";
import { buildTunnelRoute } from "../xds/routes.js";
import { checkConsistency } from "./consistency.js";
import { makeSnapshot } from "./snapshot.js";

const NAME = "outbound_dubbo_20880";

const DESTINATION = { host: "a", subset: undefined, port: 1, weight: 100 };
const ROUTE = { name: "a", match: [], destinations: [DESTINATION], origin: undefined };

function listener(mode: ListenerMode = "call"): Resource {
  const addresses = [{ ip: "127.0.0.1", port: 20880 }] as const;
  const virtualHosts = [{ name: "v", services: ["s"], routes: [ROUTE] }];
  return buildListener({ name: NAME, addresses, listener: { protocol: "dubbo", port: 20880, mode, virtualHosts } });
}

function table(...routes: object[]): Resource {
  const virtual_hosts = [{ name: "v", services: ["s"], routes }];
  const filter = { listener: NAME, protocol: "dubbo", mode: "call" } as const;
  return buildExtensionConfig(filter, { virtual_hosts }, { kind: "file", path: "/meltemi.wasm" });
}

function cluster(name: string): Resource {
  return makeResource("CDS", name, { name, type: "EDS" });
}

function endpoints(name: string): Resource {
  return makeResource("EDS", name, { cluster_name: name });
}

const TO_A = { name: "a", route: { cluster: "a" } };
const TO_B_AND_C = { name: "bc", route: { weighted_clusters: { clusters: [{ name: "b" }, { name: "c" }] } } };

describe("checkConsistency", () => {
  it.each<[string, Resource[], string[]]>([
    ["all there", [listener(), table(TO_A), buildTunnelRoute(), cluster("a"), endpoints("a")], []],
    [
      "a listener without its filter and its routes",
      [listener()],
      [
        `LDS ${NAME} refers to ECDS ${NAME}, which does not exist`,
        `LDS ${NAME} refers to RDS meltemi_tunnel, which does not exist`,
      ],
    ],
    [
      "a listener whose filter picks a cluster for each connection, without it",
      [listener("connection")],
      [`LDS ${NAME} refers to ECDS ${NAME}/connection, which does not exist`],
    ],
    [
      "a listener that observes, without its filter and its cluster",
      [listener("observe")],
      [
        `LDS ${NAME} refers to ECDS ${NAME}/observe, which does not exist`,
        `LDS ${NAME} refers to CDS outbound|1||a, which does not exist`,
      ],
    ],
    ["a cluster without endpoints", [cluster("a")], ["CDS a refers to EDS a, which does not exist"]],
    [
      "routes to clusters that do not exist",
      [listener(), buildTunnelRoute(), table(TO_A, TO_B_AND_C), cluster("b"), endpoints("b")],
      [`ECDS ${NAME} refers to CDS a, which does not exist`, `ECDS ${NAME} refers to CDS c, which does not exist`],
    ],
    [
      "orphans",
      [endpoints("a"), table(), buildTunnelRoute()],
      ["nothing refers to EDS a", `nothing refers to ECDS ${NAME}`, "nothing refers to RDS meltemi_tunnel"],
    ],
  ])("%s", (_name, resources, problems) => {
    expect(checkConsistency(makeSnapshot(resources))).toEqual(problems);
  });
});
