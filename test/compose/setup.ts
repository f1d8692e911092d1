import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBaseImages } from "./support/base-images.js";
import { writeBuildSettings } from "./support/build-settings.js";
import { ensureCompose, startEngine } from "./support/engine.js";

/** Vitest's global setup: a Docker engine, the images that the Dockerfiles are built on, and `docker compose`. */
export default async function setup(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), "meltemi-docker-"));
  const engine = await startEngine(directory);
  const teardown = async () => {
    await engine.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 10 });
  };
  try {
    // One waits for packages, the other one compiles.
    const [standIns] = await Promise.all([engine.own && ensureBaseImages(directory), ensureCompose(directory)]);
    process.env.MELTEMI_TEST_BUILD_SETTINGS = await writeBuildSettings(directory, {
      hostNetwork: engine.own,
      envoyFrom: standIns ? "pip" : "func-e",
    });
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}
