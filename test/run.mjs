// `npm test`, `npm run test:interop`, `test:mesh`, `test:net` and `test:compose`: from a fresh clone to the line `N passed, N failed`.
// Node's own modules only, because the dependencies may not be there yet.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { ensureBuilt, ensureInstalled, run } from "../adapter/demo/prepare.mjs";

const PYTHON = ["python3", ["-m", "pip", "--version"], "python3-pip"];
const GO = ["go", ["version"], "golang-go"];
const NAMESPACES = [
  ["ip", ["-V"], "iproute2"],
  ["iptables", ["--version"], "iptables"],
];
const JAVA = [
  ["javac", ["-version"], "default-jdk-headless"],
  ["mvn", ["--version"], "maven"],
];

/** What a suite runs, and the programs it takes: the command that proves one is there, and Debian's package that has it. */
const SUITES = {
  standard: {
    checks: true,
    projects: ["unit", "envoy"],
    tools: [PYTHON],
  },
  interop: {
    checks: false,
    projects: ["interop"],
    tools: [
      PYTHON,
      ...JAVA,
      GO,
      ["thrift", ["--version"], "thrift-compiler"],
      ["redis-server", ["--version"], "redis-server"],
    ],
  },
  mesh: {
    checks: false,
    projects: ["mesh"],
    tools: [PYTHON, ...JAVA, GO, ...NAMESPACES],
  },
  net: {
    checks: false,
    projects: ["net"],
    tools: [
      PYTHON,
      ...JAVA,
      GO,
      ...NAMESPACES,
      ["curl", ["--version"], "curl"],
      ["redis-server", ["--version"], "redis-server"],
      ["dnsmasq", ["--version"], "dnsmasq-base"],
    ],
  },
  compose: {
    checks: false,
    projects: ["compose"],
    tools: [
      PYTHON,
      GO,
      // An engine that runs will do, wherever it is.
      ["sh", ["-c", "docker info || dockerd --version"], "docker.io"],
      ["debootstrap", ["--version"], "debootstrap"],
    ],
  },
};

const suite = SUITES[process.argv[2] ?? "standard"];
if (suite === undefined) {
  console.error(`unknown suite "${process.argv[2]}": leave it out, or say ${Object.keys(SUITES).slice(1).join(", ")}`);
  process.exit(2);
}

const totals = { passed: 0, failed: 0 };
/**
 * Files that may be run once more: a machine that others use can be late for a test, a defect is there again. A test has failed that has
 * passed neither time; what has failed once is named all the same.
 */
const MAX_RERUN_FILES = 3;
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
  const first = await vitest(projects, []);
  const files = failedFiles(first.report).map(({ name }) => name);
  if (!process.env.CI || files.length === 0 || files.length > MAX_RERUN_FILES) {
    count(first);
    return;
  }
  names(first.report, "failed at first");
  console.error(`• running ${files.length} of ${first.report.testResults.length} files once more, alone …`);
  const again = await vitest(projects, ["--no-file-parallelism", ...files]);
  const passed = new Set([...passedTests(first.report), ...passedTests(again.report)]);
  const failed = [...failedTests(again.report)].filter((name) => !passed.has(name));
  names(again.report, "failed the second time");
  totals.passed += passed.size;
  totals.failed += failed.length;
}

/** What tells a test from all others: its file and its name. A file that is broken stands for all its tests. */
function testsOf(report, wanted) {
  return report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.filter(({ status }) => status === wanted).map(({ fullName }) => `${name}: ${fullName}`),
  );
}

function passedTests(report) {
  return testsOf(report, "passed");
}

function failedTests(report) {
  const broken = failedFiles(report).filter(isBroken);
  return [...testsOf(report, "failed"), ...broken.map(({ name }) => name)];
}

/** Runs the projects' tests, or those of some files, and returns what vitest reports, and its exit code. */
async function vitest(projects, more) {
  const directory = mkdtempSync(join(tmpdir(), "meltemi-test-"));
  const file = join(directory, "report.json");
  try {
    const chosen = projects.flatMap((project) => ["--project", project]);
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const options = ["run", ...chosen, ...reporters, ...more];
    const status = await run(process.execPath, ["node_modules/vitest/vitest.mjs", ...options]);
    return { report: JSON.parse(readFileSync(file, "utf8")), status };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function failedFiles(report) {
  return report.testResults.filter(({ status }) => status === "failed");
}

function isBroken(file) {
  return !file.assertionResults.some(({ status }) => status === "failed");
}

function count({ report, status }) {
  totals.passed += report.numPassedTests;
  // A file that cannot be loaded, or whose hook fails, has no failed test to count.
  const failed = report.numFailedTests + failedFiles(report).filter(isBroken).length;
  totals.failed += status !== 0 && failed === 0 ? 1 : failed;
  const skipped = report.numPendingTests + report.numTodoTests;
  if (skipped > 0) console.error(`• ${skipped} skipped`);
  names(report, "failed");
}

/** Says once more, where it is read first, what went wrong. On stdout, from where `.ci/run` repeats it. */
function names(report, what) {
  for (const file of failedFiles(report)) {
    const at = relative(process.cwd(), file.name);
    if (isBroken(file)) console.log(`✗ ${what}: ${at}: ${firstLine(file.message)}`);
    for (const test of file.assertionResults.filter(({ status }) => status === "failed")) {
      console.log(`✗ ${what}: ${at}: ${test.fullName}: ${firstLine(test.failureMessages[0])}`);
    }
  }
}

function firstLine(text) {
  return String(text).split("\n", 1)[0];
}
