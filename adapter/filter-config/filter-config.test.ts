import { expect, test } from "vitest";
import type { OutboundListener } from "../model/model.js";
import { toExplainedFilterConfig, toFilterConfig } from "./filter-config.js";

const destination = { host: "a", subset: undefined, port: 1, weight: 100 };

const listener: OutboundListener = {
  protocol: "dubbo",
  port: 1,
  mode: "call",
  virtualHosts: [
    {
      name: "a:1",
      services: ["a"],
      routes: [
        {
          name: "one",
          match: [{ name: "n", kind: "range", start: 1, end: 2, invert: true }],
          destinations: [destination],
          origin: "VirtualService default/a",
        },
        { name: "two", match: [], destinations: [destination], origin: undefined },
      ],
    },
  ],
};

test("Envoy's table is without the origins of its routes: what only a resource's name changes is no new table", () => {
  expect(toFilterConfig(listener)).toEqual({
    virtual_hosts: [
      {
        name: "a:1",
        services: ["a"],
        routes: [
          {
            name: "one",
            match: { attributes: [{ name: "n", range_match: { start: "1", end: "2" }, invert_match: true }] },
            route: { cluster: "outbound|1||a" },
          },
          { name: "two", route: { cluster: "outbound|1||a" } },
        ],
      },
    ],
  });
});

test("the table for explanations has them", () => {
  const [host] = toExplainedFilterConfig(listener).virtual_hosts;
  expect(host?.routes.map(({ origin }) => origin)).toEqual(["VirtualService default/a", undefined]);
});

test("what names no service goes to a listener's only virtual host, where calls may name none", () => {
  const services = (protocol: string, hosts = listener.virtualHosts) =>
    toFilterConfig({ ...listener, protocol, virtualHosts: hosts }).virtual_hosts.map((host) => host.services);
  expect(services("thrift")).toEqual([["a", "*"]]);
  expect(services("dubbo")).toEqual([["a"]]);
  const [host] = listener.virtualHosts;
  expect(services("thrift", host ? [host, { ...host, name: "b:1", services: ["b"] }] : [])).toEqual([["a"], ["b"]]);
});
