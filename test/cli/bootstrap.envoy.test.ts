import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { meltemi, runToEnd } from "./support/meltemi.js";

describe.each(["MELTEMI_TEST_ENVOY_1_40", "MELTEMI_TEST_ENVOY_1_36"])("meltemi bootstrap, for %s", (variable) => {
  it.each([
    ["an address", ["--xds", "127.0.0.1:18000"]],
    ["a name, and state of the world", ["--xds", "adapter.mesh:18000", "--mode", "sotw", "--admin", "[::1]:0"]],
  ])("prints what Envoy accepts: %s", async (_, args) => {
    const { status, stdout } = await meltemi("bootstrap", "--node", "n1", "--cluster", "c1", ...args);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).node).toMatchObject({ id: "n1", cluster: "c1" });
    const directory = mkdtempSync(join(tmpdir(), "meltemi-bootstrap-"));
    const file = join(directory, "bootstrap.json");
    writeFileSync(file, stdout);
    const envoy = await runToEnd(process.env[variable] as string, ["--mode", "validate", "--config-path", file]);
    rmSync(directory, { recursive: true });
    expect(`${envoy.stdout}${envoy.stderr}`).toContain("OK");
    expect(envoy.status).toBe(0);
  });
});
