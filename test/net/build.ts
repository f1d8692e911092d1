import { buildJava, buildRateLimitService } from "../interop/build.js";
import { build } from "../mesh/tools/tools.js";

/** Vitest's global setup: the clients and servers that run in hosts. */
export default async function setup(): Promise<void> {
  await buildJava();
  await buildRateLimitService();
  await build(["fortio"]);
}
