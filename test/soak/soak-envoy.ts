import { fetchEnvoy } from "../../adapter/envoy/fetch-envoy.js";
import { createLogger } from "../../adapter/log/logger.js";

/** The binary of a version, or the file that is named. */
export async function findSoakEnvoy(envoy: string): Promise<string> {
  if (!/^\d+\.\d+\.\d+$/.test(envoy)) return envoy;
  return fetchEnvoy({ version: envoy, env: process.env, log: createLogger({ format: "text" }) });
}
