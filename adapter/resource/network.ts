import { isBlock } from "../model/ip.js";
import type { IpFamily, Plane } from "../model/network.js";
import type { FieldPath } from "../status/field-path.js";
import type { Report } from "./report.js";

export interface WrittenIpFamily {
  readonly mode: "DEFAULT" | "PRESERVE" | "PREFER_IPV4" | "PREFER_IPV6";
  readonly fallback?: "OTHER_FAMILY" | "ERROR";
}

export interface WrittenPlane {
  readonly name: string;
  readonly interfaces?: readonly string[];
  readonly cidrs?: readonly string[];
}

const MODES = {
  DEFAULT: "default",
  PRESERVE: "preserve",
  PREFER_IPV4: "prefer-ipv4",
  PREFER_IPV6: "prefer-ipv6",
} as const;

export function parseIpFamily({ mode, fallback }: WrittenIpFamily, path: FieldPath, report: Report): IpFamily {
  if (fallback !== undefined && mode !== "PRESERVE") {
    report([...path, "fallback"], `mode ${mode} has none: only PRESERVE keeps to a family that a host may lack`);
  }
  return { mode: MODES[mode], fallback: fallback === "ERROR" ? "error" : "other" };
}

export function parsePlanes(written: readonly WrittenPlane[], path: FieldPath, report: Report): readonly Plane[] {
  const names = new Set<string>();
  written.forEach(({ name, interfaces, cidrs = [] }, index) => {
    const at = [...path, index];
    if (names.has(name)) report([...at, "name"], `${name}: is the name of another plane already`);
    names.add(name);
    if (interfaces === undefined && cidrs.length === 0) report(at, "write one of interfaces, cidrs");
    cidrs.forEach((cidr, nth) => {
      if (!cidr.includes("/") || !isBlock(cidr)) {
        const expected = "must be an address and the length of its prefix, such as 10.1.0.0/16 or fd00:1::/64";
        report([...at, "cidrs", nth], `${cidr}: ${expected}`);
      }
    });
  });
  return written.map(({ name, interfaces = [], cidrs = [] }) => ({ name, interfaces, cidrs }));
}
