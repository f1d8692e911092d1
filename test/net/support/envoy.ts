import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EnvoyProcess } from "../../../adapter/envoy/envoy-process.js";
import { createLogger } from "../../../adapter/log/logger.js";

/** Of an Envoy's admin interface, at its host's address. */
export const ENVOY_ADMIN_PORT = 15000;

/**
 * A stock Envoy where `inside` puts it, such as a host's `as(PROXY)`, or on this machine. The tests must reach its admin interface where the bootstrap says
 * that it is: at the host's address, not at its loopback one.
 */
export async function startEnvoy(
  inside: readonly string[],
  bootstrap: object,
  log = createLogger({ level: "silent" }),
  version = process.env.MELTEMI_TEST_ENVOY_1_40,
): Promise<EnvoyProcess> {
  const directory = await mkdtemp(join(tmpdir(), "meltemi-net-"));
  const path = join(directory, "envoy");
  const command = [...inside, version].join(" ");
  await writeFile(path, `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  const envoy = await EnvoyProcess.start({ path, bootstrap, concurrency: 1, log });
  void envoy.exited.then(() => rm(directory, { recursive: true }));
  return envoy;
}
