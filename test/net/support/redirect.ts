import { MAIN } from "../../cli/support/meltemi.js";
import { ENVOY_ADMIN_PORT } from "./envoy.js";
import type { Host } from "./host.js";

/** Redirects a host's connections to its Envoy, but for those of the tests to its admin interface; `options` are `meltemi iptables`'s. */
export async function redirect(host: Host, ...options: readonly string[]): Promise<void> {
  const all = ["--apply", "-d", String(ENVOY_ADMIN_PORT), ...options];
  const { status, stderr } = await host.run(process.execPath, MAIN, "iptables", ...all);
  if (status !== 0) throw new Error(`connections of ${host.name} cannot be redirected: ${stderr}`);
}
