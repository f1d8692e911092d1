import { setTimeout as sleep } from "node:timers/promises";

const POLL_INTERVAL_MS = 100;
/** One that does not answer its admin interface for so long hangs. */
const ADMIN_TIMEOUT_MS = 2_000;

/** Statistics of the listeners that come by xDS, whose names end with their ports; the admin interface's own connections are not among them. */
const CONNECTIONS = "^listener\\..*_[0-9]+\\.downstream_cx_active$";

/**
 * Has an Envoy take no more connections and waits until those that it has are gone, or the time is over. Returns how many are left.
 * Its health checks fail from now on, and its filter, which asks, is told that it drains.
 */
export async function drainEnvoy(admin: string, limit_ms: number): Promise<number> {
  const deadline_ms = Date.now() + limit_ms;
  await post(admin, "/healthcheck/fail");
  // Not `graceful`: that would go on taking new ones for Envoy's own drain time.
  await post(admin, "/drain_listeners");
  for (;;) {
    const left = await connections(admin);
    if (left === 0 || Date.now() >= deadline_ms) return left;
    await sleep(POLL_INTERVAL_MS);
  }
}

async function post(admin: string, path: string): Promise<void> {
  await (await ask(admin, path, "POST")).text();
}

async function connections(admin: string): Promise<number> {
  const response = await ask(admin, `/stats?format=json&filter=${encodeURIComponent(CONNECTIONS)}`, "GET");
  const { stats } = (await response.json()) as { readonly stats: readonly { readonly value?: number }[] };
  return stats.reduce((sum, { value = 0 }) => sum + value, 0);
}

async function ask(admin: string, path: string, method: "GET" | "POST"): Promise<Response> {
  return await fetch(`http://${admin}${path}`, { method, signal: AbortSignal.timeout(ADMIN_TIMEOUT_MS) });
}
