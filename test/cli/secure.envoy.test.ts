import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { createLogger } from "../../adapter/log/logger.js";
import type { StatusReport } from "../../adapter/server/status-report.js";
import { Authority, type Certificate } from "../support/certificates.js";
import { freePort } from "../xds/envoy-under-test.js";
import { MAIN, meltemi, type Result, Running, runToEnd } from "./support/meltemi.js";
import { startProvider } from "./support/provider.js";

const BOOKS = "spiffe://cluster.local/ns/prod/sa/books";
const log = createLogger({ level: "silent" });

/** What the page tells to run, in its order. */
const page = readFileSync("docs/secure-the-control-plane.md", "utf8");
const blocks = [...page.matchAll(/^```sh\n(.*?)\n```$/gms)].map(([, block]) => block as string);
const [makeCertificates = "", runAdapter = "", printBootstrap = "", showStatus = ""] = blocks;

let directory: string;
let provider: Awaited<ReturnType<typeof startProvider>>;
let adapter: Running;
let envoy: EnvoyProcess;
let ports: { readonly xds: number; readonly http: number; readonly admin: number };

function file(name: string): string {
  return join(directory, name);
}

/** The page's commands with this test's files and ports. */
function words(command: string): readonly string[] {
  return command
    .replace(/^meltemi /, "")
    .replaceAll(/\b[a-z]+\.(?:crt|key)\b/g, file)
    .replace("./config", file("config"))
    .replace("127.0.0.1:18000", `127.0.0.1:${ports.xds}`)
    .replace("127.0.0.1:18080", `127.0.0.1:${ports.http}`)
    .replace(/ > bootstrap\.json$/, ` --admin 127.0.0.1:0 --sds-directory ${directory}`)
    .split(" ");
}

async function startAdapter(): Promise<void> {
  const own = ["--admin", `127.0.0.1:${ports.admin}`, "--listen", "dubbo=127.0.0.1:0", "--log-format", "json"];
  adapter = Running.start([MAIN, ...words(runAdapter), ...own]);
  await adapter.firstLine();
}

async function startEnvoy(...options: readonly string[]): Promise<void> {
  const printed = await meltemi(...words(printBootstrap), ...options);
  expect(printed.stderr).toBe("");
  const path = process.env.MELTEMI_TEST_ENVOY_1_40 as string;
  envoy = await EnvoyProcess.start({ path, bootstrap: JSON.parse(printed.stdout), concurrency: 1, log });
}

/** What nodes of the other namespace get. */
async function otherSnapshot(): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${ports.admin}/debug/snapshot?namespace=other`)).text();
}

function status(...options: readonly string[]): Promise<Result> {
  return meltemi(...words(showStatus), "--admin", `127.0.0.1:${ports.admin}`, ...options);
}

async function nodes(): Promise<StatusReport["nodes"]> {
  return (JSON.parse((await status("--output", "json")).stdout) as StatusReport).nodes;
}

/** Moved into place, as who renews certificates does. */
function write(name: string, { certificate, key }: Certificate): void {
  for (const [extension, text] of [["key", key] as const, ["crt", certificate] as const]) {
    writeFileSync(file("new"), text);
    renameSync(file("new"), file(`${name}.${extension}`));
  }
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "meltemi-secure-"));
  provider = await startProvider("v1", 0);
  cpSync("envoy-config/demo", file("config"), { recursive: true });
  const service = file("config/service.yaml");
  writeFileSync(service, readFileSync(service, "utf8").replace("20881", String(provider.port)));
  ports = { xds: await freePort(), http: await freePort(), admin: await freePort() };
});

afterEach(async () => {
  await envoy.stop();
  adapter.kill("SIGTERM");
  await adapter.closed;
  await provider.stop();
  rmSync(directory, { recursive: true });
});

describe("docs/secure-the-control-plane.md, with a real Envoy", () => {
  it("has commands with which an Envoy is served over TLS on both sides", async () => {
    const openssl = spawnSync("/bin/sh", ["-ec", makeCertificates], { cwd: directory, encoding: "utf8" });
    expect(openssl.status, openssl.stderr).toBe(0);
    await startAdapter();
    await startEnvoy();
    const [admin] = await Promise.all([envoy.ready(), adapter.logged("node is up to date", 1)]);
    const [, address = ""] = (await (await fetch(`http://${admin}/listeners`)).text()).trim().split("::");
    const call = await runToEnd(process.execPath, ["dist/adapter/demo/call.js", address]);
    expect(call.stdout).toBe("getReviews(book-1) answered by v1\n");
    const told = await status();
    expect(told.stdout).toMatch(
      /^books-1 {2}prod {7}spiffe:\/\/cluster\.local\/ns\/prod\/sa\/books {2}127\.0\.0\.1 {2}1\.40\.\d+ .* CDS ok, EDS ok, ECDS ok, LDS ok, RDS ok$/m,
    );
    expect(told).toMatchObject({ status: 0, stderr: "" });
  });
});

describe("an Envoy with a certificate", () => {
  let authority: Authority;

  beforeEach(async () => {
    authority = new Authority("ours");
    writeFileSync(file("ca.crt"), authority.certificate);
    write("adapter", authority.issue("adapter.mesh"));
    write("books", authority.issue("books", BOOKS));
    await startAdapter();
  });

  it("goes on when certificates are renewed, and shows the new one when it comes again", async () => {
    await startEnvoy();
    await adapter.logged("node is up to date", 1);
    const [before] = await nodes();
    write("adapter", authority.issue("adapter.mesh"));
    await adapter.logged("certificates were read anew", 1);
    const renewed = `${BOOKS}-renewed`;
    write("books", authority.issue("books", renewed));
    expect(await nodes(), "the stream is the same").toEqual([before]);
    adapter.kill("SIGTERM");
    expect(await adapter.closed, adapter.stderr).toBe(0);
    await startAdapter();
    await expect.poll(async () => (await nodes())[0]?.identity, { timeout: 40_000 }).toBe(renewed);
  });

  it("is refused if it says another namespace, which is counted and logged", async () => {
    await startEnvoy("--namespace", "other");
    await adapter.logged(`node books-1 says namespace other, its certificate is ${BOOKS}`, 1);
    expect(await nodes()).toEqual([]);
    const metrics = await (await fetch(`http://127.0.0.1:${ports.http}/metrics`)).text();
    expect(metrics).toMatch(/^meltemi_xds_refused_streams_total\{code="PERMISSION_DENIED"\} [1-9]/m);
    expect(await status()).toMatchObject({ status: 0, stdout: "no Envoy is connected\n" });
  });

  it("gets what is exported to the namespace of its certificate", async () => {
    const entry = readFileSync(file("config/service.yaml"), "utf8").split("---")[0] as string;
    for (const [name, namespace] of Object.entries({ seen: "prod", hidden: "other" })) {
      const exported = entry.replaceAll("reviews", name).replace("spec:", `spec:\n  exportTo: [${namespace}]`);
      writeFileSync(file(`config/${name}.yaml`), exported);
    }
    await expect.poll(otherSnapshot).toContain("hidden.demo");
    await startEnvoy();
    const [admin] = await Promise.all([envoy.ready(), adapter.logged("node is up to date", 1)]);
    const dump = await (await fetch(`http://${admin}/config_dump?include_eds`)).text();
    expect(dump).toContain("seen.demo.svc.cluster.local");
    expect(dump).not.toContain("hidden");
  });

  it("does not take an adapter that the authority has not signed for", async () => {
    await startEnvoy();
    const [admin] = await Promise.all([envoy.ready(), adapter.logged("node is up to date", 1)]);
    write("adapter", new Authority("another").issue("adapter.mesh"));
    adapter.kill("SIGTERM");
    await adapter.closed;
    await startAdapter();
    const failures = async () =>
      await (await fetch(`http://${admin}/stats?filter=meltemi_xds.ssl.fail_verify_error`)).text();
    await expect.poll(failures, { timeout: 20_000 }).toMatch(/fail_verify_error: [1-9]/);
    expect(await nodes()).toEqual([]);
  });

  it("has what it refuses told by `meltemi status`, which ends with 1", async () => {
    await startEnvoy();
    await adapter.logged("node is up to date", 1);
    const policy = {
      apiVersion: "networking.meltemi.io/v1alpha1",
      kind: "ListenerPolicy",
      metadata: { name: "tls", namespace: "demo" },
      spec: {
        protocol: "dubbo",
        port: 20880,
        tls: { mode: "SIMPLE", serverCertificate: "/none/a.pem", privateKey: "/none/a.key" },
      },
    };
    writeFileSync(file("config/policy.yaml"), JSON.stringify(policy));
    await adapter.logged("node refuses an update", 1);
    const { status: code, stdout } = await status();
    expect(stdout).toMatch(/SDS refused \(has \w+, newest [0-9a-f]{16}\)/);
    expect(stdout).toMatch(/^books-1 refuses SDS file-cert:\/none\/a\.pem~\/none\/a\.key: .*\/none\//m);
    expect(code).toBe(1);
  });
});
