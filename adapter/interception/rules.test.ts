import { describe, expect, it } from "vitest";
import { printRules } from "./print.js";
import { type Interception, redirectRules } from "./rules.js";

const EVERYTHING: Interception = {
  outboundPort: 15001,
  inboundPort: 15006,
  inboundPorts: "*",
  excludedInboundPorts: [],
  excludedOutboundPorts: [],
  outboundRanges: "*",
  excludedOutboundRanges: [],
  excludedInterfaces: [],
  proxyUids: [1337],
  proxyGids: [1337],
};

function texts(family: "IPv4" | "IPv6", changes: Partial<Interception> = {}): readonly string[] {
  return redirectRules(family, { ...EVERYTHING, ...changes }).map(({ text }) => text);
}

describe("redirect rules", () => {
  it("are the same for both families, but for loopback addresses and Envoy's inbound source", () => {
    expect(texts("IPv4")).toEqual([
      "-A MELTEMI_INBOUND -p tcp -j REDIRECT --to-ports 15006",
      "-A MELTEMI_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN",
      "-A MELTEMI_OUTPUT -m owner --uid-owner 1337 -g MELTEMI_PROXY",
      "-A MELTEMI_OUTPUT -m owner --gid-owner 1337 -g MELTEMI_PROXY",
      "-A MELTEMI_OUTPUT -o lo -j RETURN",
      "-A MELTEMI_OUTPUT -p tcp -j REDIRECT --to-ports 15001",
      "-A MELTEMI_PROXY ! -d 127.0.0.1/32 -o lo -j MELTEMI_INBOUND",
    ]);
    const translated = texts("IPv4").map((text) =>
      text.replace("127.0.0.6/32", "::6/128").replace("127.0.0.1/32", "::1/128"),
    );
    expect(texts("IPv6")).toEqual(translated);
  });

  it("have each option's rules before those that redirect", () => {
    const changes: Partial<Interception> = {
      outboundPort: 1,
      inboundPort: 2,
      inboundPorts: [80, 20880],
      excludedInboundPorts: [22],
      excludedOutboundPorts: [53],
      excludedInterfaces: ["docker+"],
      proxyUids: [7, 8],
      proxyGids: [],
    };
    expect(texts("IPv4", changes)).toEqual([
      "-A MELTEMI_INBOUND -i docker+ -j RETURN",
      "-A MELTEMI_INBOUND -p tcp -m tcp --dport 22 -j RETURN",
      "-A MELTEMI_INBOUND -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 2",
      "-A MELTEMI_INBOUND -p tcp -m tcp --dport 20880 -j REDIRECT --to-ports 2",
      "-A MELTEMI_OUTPUT -o docker+ -j RETURN",
      "-A MELTEMI_OUTPUT -p tcp -m tcp --dport 53 -j RETURN",
      "-A MELTEMI_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN",
      "-A MELTEMI_OUTPUT -m owner --uid-owner 7 -g MELTEMI_PROXY",
      "-A MELTEMI_OUTPUT -m owner --uid-owner 8 -g MELTEMI_PROXY",
      "-A MELTEMI_OUTPUT -o lo -j RETURN",
      "-A MELTEMI_OUTPUT -p tcp -j REDIRECT --to-ports 1",
      "-A MELTEMI_PROXY ! -d 127.0.0.1/32 -o lo -j MELTEMI_INBOUND",
    ]);
  });

  it("have of each range only what is of their family", () => {
    const outboundRanges = ["10.0.0.0/8", "fd00::/8"];
    const excludedOutboundRanges = ["10.9.0.0/16", "fd00:9::/32"];
    const ranges = (family: "IPv4" | "IPv6") =>
      texts(family, { outboundRanges, excludedOutboundRanges }).filter((text) => /OUTPUT -d/.test(text));
    expect(ranges("IPv4")).toEqual([
      "-A MELTEMI_OUTPUT -d 10.9.0.0/16 -j RETURN",
      "-A MELTEMI_OUTPUT -d 10.0.0.0/8 -p tcp -j REDIRECT --to-ports 15001",
    ]);
    expect(ranges("IPv6")).toEqual([
      "-A MELTEMI_OUTPUT -d fd00:9::/32 -j RETURN",
      "-A MELTEMI_OUTPUT -d fd00::/8 -p tcp -j REDIRECT --to-ports 15001",
    ]);
  });

  it("redirect nothing in a direction of which nothing is chosen", () => {
    const rules = texts("IPv6", { inboundPorts: [], outboundRanges: ["10.0.0.0/8"] });
    expect(rules.filter((text) => text.includes("REDIRECT"))).toEqual([]);
  });
});

it("printed, each rule has its reason before it", () => {
  const lines = printRules("IPv6", EVERYTHING).split("\n");
  const rules = lines.flatMap((line, i) => (line.startsWith("-A ") ? [i] : []));
  expect(rules).toHaveLength(9);
  expect(rules.filter((i) => !/^# [A-Z].*\.$/.test(lines[i - 1] ?? ""))).toEqual([]);
});
