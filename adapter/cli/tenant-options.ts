import { type Command, InvalidArgumentError, Option } from "commander";
import { MeltemiError } from "../error/meltemi-error.js";
import { DEFAULT_LIMITS, type TenantLimits } from "../tenants/limits.js";
import type { MeshOptions } from "./mesh-options.js";

/**
 * Sources wait for changes to end, and a tenant whose changes never end must not make the others wait. Making meshes too often is kept from by
 * the tenants' own queue.
 */
export const TENANT_PATIENCE_MS = 100;

/** Whether namespaces are kept apart, and what each may ask for. */
export interface TenantOptions {
  readonly tenants: "none" | "namespace";
  readonly tenantLimit?: Partial<TenantLimits>;
}

export const TENANTS_HELP = `
With --tenants namespace every namespace is a tenant: its Envoys get what is made of its own resources, of the root namespace's
(--istio-namespace), and of what others export to it by exportTo, and nothing else. Of each a tenant may have so much (--tenant-limit):
${Object.entries(DEFAULT_LIMITS)
  .map(([what, most]) => `  ${`${what}=${most}`.padEnd(18)}${describe(what as keyof TenantLimits)}`)
  .join("\n")}
`;

function describe(what: keyof TenantLimits): string {
  return {
    resources: "all of its resources but Pods and EndpointSlices",
    ports: "ports of services, gateways and listeners, each counted once",
    hosts: "hosts of services and of what is routed",
    routes: "routes",
    streams: "xDS streams of its Envoys",
    changes: "changes in a second, in the long run; what comes sooner waits, and the newest is taken",
  }[what];
}

/** Whether a command knows of tenants. */
export function withTenants(command: Command): Command {
  return command.addOption(
    new Option("--tenants <what>", "who is kept apart from whom: none, or every namespace from the others")
      .choices(["none", "namespace"])
      .default("none"),
  );
}

/** The same of one that serves them. */
export function withTenantOptions(command: Command): Command {
  return withTenants(command).option(
    "--tenant-limit <what=number>",
    "what each tenant may have; may be repeated",
    parseLimit,
  );
}

/** Undefined: there are no tenants. */
export function tenantLimits({ tenants, tenantLimit }: TenantOptions): TenantLimits | undefined {
  if (tenants === "namespace") return { ...DEFAULT_LIMITS, ...tenantLimit };
  if (tenantLimit !== undefined) throw new MeltemiError("USAGE", "--tenant-limit is for --tenants namespace");
  return undefined;
}

/** It is istiod that says what a namespace's sidecars see. */
export function refuseWithIstio(tenants: boolean, mesh: MeshOptions["mesh"]): void {
  if (tenants && mesh === "istio")
    throw new MeltemiError(
      "USAGE",
      "--tenants is for Meltemi's own Envoys: with --mesh istio istiod says what a namespace sees",
    );
}

function parseLimit(text: string, before: Partial<TenantLimits> = {}): Partial<TenantLimits> {
  const [what = "", number = "", ...rest] = text.split("=");
  const most = Number(number);
  if (!Object.hasOwn(DEFAULT_LIMITS, what) || rest.length > 0 || !/^\d+$/.test(number) || most < 1) {
    const names = Object.keys(DEFAULT_LIMITS).join(", ");
    throw new InvalidArgumentError(`Write one of ${names}, and a number from 1 on: resources=1000.`);
  }
  return { ...before, [what]: most };
}
