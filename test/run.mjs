// `npm test` and `npm run test:interop`: from a fresh clone to the line `N passed, N failed`. Node's own modules only,
// because the dependencies may not be there yet.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBuilt, ensureInstalled, run } from "../adapter/demo/prepare.mjs";

/** What a suite runs, and the programs it takes: the command that proves one is there, and Debian's package that has it. */
const SUITES = {
  standard: {
    checks: true,
    projects: ["unit", "envoy"],
    tools: [["python3", ["-m", "pip", "--version"], "python3-pip"]],
  },
  interop: {
    checks: false,
    projects: ["interop"],
    tools: [
      ["python3", ["-m", "pip", "--version"], "python3-pip"],
      ["javac", ["-version"], "default-jdk-headless"],
      ["mvn", ["--version"], "maven"],
      ["go", ["version"], "golang-go"],
    ],
  },
};

const suite = SUITES[process.argv[2] ?? "standard"];
if (suite === undefined) {
  console.error(`unknown suite "${process.argv[2]}": leave it out, or say "interop"`);
  process.exit(2);
}

const totals = { passed: 0, failed: 0 };
try {
  await installTools(suite.tools);
  await ensureInstalled();
  await ensureBuilt();
  if (suite.checks) await check();
  await tests(suite.projects);
} catch (error) {
  console.error(`✗ ${error.message}`);
  totals.failed += 1;
}
// A run that has proved nothing has not passed.
if (totals.passed === 0 && totals.failed === 0) totals.failed = 1;
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;

/** In CI, as root, on Debian, what is missing is installed. Elsewhere the tests that need it fail and say so. */
async function installTools(tools) {
  const missing = tools.filter(([program, proof]) => spawnSync(program, proof).status !== 0);
  if (missing.length === 0) return;
  const names = missing.map(([, , debian]) => debian);
  if (!process.env.CI || process.getuid?.() !== 0) {
    console.error(`• missing, and tests that need it will fail: install ${names.join(" ")}`);
    return;
  }
  console.error(`• installing ${names.join(" ")} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-qq"], env);
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names], env);
}

async function check() {
  console.error("• checking format, types and walls (npm run check) …");
  const status = await run("npm", ["run", "--silent", "check"]);
  totals[status === 0 ? "passed" : "failed"] += 1;
  if (status !== 0) console.error("✗ npm run check failed");
}

async function tests(projects) {
  console.error(`• running the tests (${projects.join(", ")}) …`);
  const directory = mkdtempSync(join(tmpdir(), "meltemi-test-"));
  const file = join(directory, "report.json");
  try {
    const chosen = projects.flatMap((project) => ["--project", project]);
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const status = await run(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...chosen, ...reporters]);
    count(JSON.parse(readFileSync(file, "utf8")), status);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function count(report, status) {
  totals.passed += report.numPassedTests;
  // A file that cannot be loaded, or whose hook fails, has no failed test to count.
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  const failed = report.numFailedTests + brokenFiles;
  totals.failed += status !== 0 && failed === 0 ? 1 : failed;
  const skipped = report.numPendingTests + report.numTodoTests;
  if (skipped > 0) console.error(`• ${skipped} skipped`);
}
