import { load } from "../../support/fortio.js";
import type { Host } from "../../support/host.js";
import { curl } from "../../support/http.js";

type Headers = Readonly<Record<string, string>>;

/** Asks the shop with curl: the tiers that the request has passed. */
export async function ask(from: Host, ip: string, headers: Headers): Promise<readonly string[]> {
  const { status, body, error } = await curl(from.inside, urlOf(ip), ...options(headers));
  if (status !== 200) throw new Error(status === 0 ? error : `${status} ${body}`);
  return JSON.parse(body) as readonly string[];
}

/** So many requests of fortio, on four connections, each of which must be answered. */
export async function flood(from: Host, ip: string, headers: Headers, count: number): Promise<void> {
  const how = { qps: 0, connections: 4, duration_s: 1 };
  const { statuses } = await load(from.inside, urlOf(ip), how, "-n", String(count), ...options(headers));
  if (statuses["200"] !== count) throw new Error(`of ${count} requests: ${JSON.stringify(statuses)}`);
}

/** How many of `count` calls a share of them is with all likelihood: five standard deviations around it. */
export function likely(count: number, share: number): { readonly least: number; readonly most: number } {
  const deviation = Math.sqrt(count * share * (1 - share));
  return { least: count * share - 5 * deviation, most: count * share + 5 * deviation };
}

/** Without what the tiers were told: the names of those that a call has passed. */
export function names(passed: readonly string[] | undefined): readonly string[] {
  return (passed ?? []).map((one) => one.split(" ", 1)[0] ?? "");
}

function urlOf(ip: string): string {
  return `http://${ip.includes(":") ? `[${ip}]` : ip}/`;
}

function options(headers: Headers): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
}
