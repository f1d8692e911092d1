import { fetchEnvoy } from "../../adapter/envoy/fetch-envoy.js";
import { createLogger } from "../../adapter/log/logger.js";

/** The Envoys that tests run on, and the variables that name them. */
const VERSIONS = { MELTEMI_TEST_ENVOY_1_40: "1.40.0", MELTEMI_TEST_ENVOY_1_36: "1.36.4" };

/** Vitest's global setup: before a project that needs Envoy, fetches those that no variable names yet. */
export default async function setup(): Promise<void> {
  const log = createLogger({ format: "text" });
  for (const [name, version] of Object.entries(VERSIONS)) {
    process.env[name] ??= await fetchEnvoy({ version, env: process.env, log });
  }
}
