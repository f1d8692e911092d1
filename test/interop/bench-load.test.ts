import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { test } from "vitest";

const SOURCES = fileURLToPath(new URL("../../bench/load", import.meta.url));

test("the benchmark's load generator passes its own tests: it notices what is wrong, lost or doubled", async () => {
  await promisify(execFile)("go", ["test", "./..."], { cwd: SOURCES });
});
