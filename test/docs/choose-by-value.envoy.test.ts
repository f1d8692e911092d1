import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAIN, Running, runToEnd } from "../cli/support/meltemi.js";
import { DubboClient } from "../envoy/dubbo-client.js";
import { DubboServer } from "../envoy/dubbo-server.js";
import { answerText } from "../support/dubbo.js";
import { freePort } from "../xds/envoy-under-test.js";

const page = readFileSync("docs/choose-by-value.md", "utf8");
/** Files are shown where the paragraph before them names them last. */
const FILE = /`(config\/[\w-]+\.yaml)`[^\n]*\n(?:[^\n]+\n)*\n```yaml\n([\s\S]*?)^```$/gm;
const COMMAND = /^```console\n\$ meltemi (.*)\n([\s\S]*?)^```$/gm;
const ROUTES = /^```yaml\n( {2}routes:\n[\s\S]*?)^```$/gm;
const RULE = /^```yaml\n(apiVersion: networking.istio.io\/v1\nkind: DestinationRule\n[\s\S]*?)^```$/gm;
const SERVICE = "com.example.Orders";
const USERS = Array.from({ length: 300 }, (_, i) => `user-${i}`);

describe("docs/choose-by-value.md", () => {
  let directory: string;
  let servers: DubboServer[];
  let running: Running | undefined;
  /** Ports of the page, and those that are free here. */
  const ports = new Map<string, number>();
  const commands = [...page.matchAll(COMMAND)].map(([, command = "", output = ""]) => ({ command, output }));
  const files = [...page.matchAll(FILE)].map(([, name = "", text = ""]) => ({ name, text }));
  const here = (text: string) =>
    text.replaceAll(/(127\.0\.0\.1:|dubbo: )(2088\d)/g, (_, before, port) => `${before}${ports.get(port) ?? port}`);
  const inDirectory = (command: string) =>
    command.split(" ").map((word) => (word === "./config" ? join(directory, "config") : word));

  beforeAll(async () => {
    servers = await Promise.all(["a", "b", "c", "d"].map((name) => DubboServer.start(name)));
    servers.forEach(({ port }, i) => {
      ports.set(`2088${i + 1}`, port);
    });
    ports.set("20880", await freePort());
    directory = mkdtempSync(join(tmpdir(), "meltemi-choose-"));
    mkdirSync(join(directory, "config"));
    expect(files.map(({ name }) => name)).toEqual(["config/orders.yaml", "config/routes.yaml"]);
    for (const { name, text } of files) writeFileSync(join(directory, name), here(text));
  });

  afterAll(async () => {
    running?.kill("SIGTERM");
    await running?.closed;
    for (const server of servers) await server.close();
    rmSync(directory, { recursive: true });
  });

  it("has resources that are good", async () => {
    const [{ command, output } = { command: "", output: "" }] = commands;
    expect((await runToEnd(process.execPath, [MAIN, ...inDirectory(command)])).stdout).toBe(output);
  });

  it("says who is where", async () => {
    const { command, output } = commands[1] as { command: string; output: string };
    expect((await runToEnd(process.execPath, [MAIN, ...inDirectory(command)])).stdout).toBe(output);
  });

  it("shows pieces that are good", async () => {
    const [orders = { text: "" }, routes = { text: "" }] = files;
    const pieces = [...page.matchAll(ROUTES)].map(([, piece = ""]) =>
      routes.text.replace(/^ {2}routes:[\s\S]*/m, piece),
    );
    const rules = [...page.matchAll(RULE)].map(([, rule = ""]) => orders.text.replace(/^---[\s\S]*/m, `---\n${rule}`));
    expect([pieces.length, rules.length]).toEqual([1, 1]);
    const whole = [
      [orders.text, ...pieces],
      [...rules, routes.text.replaceAll(/, subset: v\d/g, "")],
    ];
    for (const texts of whole) {
      const copy = mkdtempSync(join(directory, "piece-"));
      writeFileSync(join(copy, "all.yaml"), texts.join("---\n"));
      expect((await runToEnd(process.execPath, [MAIN, "check", copy])).stdout).toBe("0 errors, 0 warnings\n");
    }
  });

  it("has an Envoy keep each user on one server, a tenth of them on the new version", async () => {
    const { command, output } = commands[2] as { command: string; output: string };
    const args = [...inDirectory(here(command)), "--envoy", process.env.MELTEMI_TEST_ENVOY_1_40 as string];
    running = Running.start([MAIN, ...args, "--concurrency", "2"]);
    const line = await running.firstLine();
    for (const part of here(output).trim().split(" ").slice(0, -1)) expect(line.split(" ")).toContain(part);

    const port = ports.get("20880") as number;
    const clients = await Promise.all(Array.from({ length: 5 }, () => DubboClient.connect(port)));
    const homes = await Promise.all(
      clients.map(async (client) => {
        const calls = USERS.map((user) => client.call(SERVICE, "get", { attachments: { user } }));
        return (await Promise.all(calls)).map((answer) => answerText(answer).slice(0, 1));
      }),
    );
    for (const found of homes) expect(found).toEqual(homes[0]);
    const shares = ["a", "b", "c", "d"].map((name) => (homes[0] ?? []).filter((home) => home === name).length);
    // By names that are the same each time, and servers whose ports are not: five standard deviations of 30 are 26, of 90, in buckets, 56.
    expect(Math.abs((shares[3] ?? 0) - 30)).toBeLessThan(26);
    const [client] = clients;
    expect(answerText(await (client as DubboClient).call(SERVICE, "get", { attachments: { user: "dora" } }))).toBe(
      "d get",
    );
    for (const share of shares.slice(0, 3)) expect(Math.abs(share - 90)).toBeLessThan(60);
    for (const client of clients) client.close();
  });
});
