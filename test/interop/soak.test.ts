import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("the soak's peers pass their own tests: they notice what is wrong, lost or by the wrong server", async () => {
  await run("go", ["test", "./..."], { cwd: `${ROOT}/test/soak/peers` });
});

test("half a minute of the soak", async () => {
  const options = ["--minutes", "0.5", "--seed", "1", "--size", "0.5"];
  const args = ["--import", "tsx", "test/soak/main.ts", ...options];
  const { stdout } = await run(process.execPath, args, { cwd: ROOT });
  expect(stdout).toContain("PASSED");
});
