import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAIN, Running, runToEnd } from "../cli/support/meltemi.js";
import { DubboClient } from "../envoy/dubbo-client.js";
import { DubboServer } from "../envoy/dubbo-server.js";
import { answerText } from "../support/dubbo.js";
import { freePort } from "../xds/envoy-under-test.js";

const page = readFileSync("docs/authorize-calls.md", "utf8");
/** Files are shown where the paragraph before them names them last. */
const FILE = /`(config\/[\w-]+\.yaml)`[^\n]*\n(?:[^\n]+\n)*\n```yaml\n([\s\S]*?)^```$/gm;
const COMMAND = /^```console\n\$ meltemi (.*)\n([\s\S]*?)^```$/gm;
const SERVICE = "com.example.Orders";

describe("docs/authorize-calls.md", () => {
  let directory: string;
  let orders: DubboServer;
  let running: Running | undefined;
  /** Ports of the page, and those that are free here. */
  const ports = new Map<string, number>();
  const commands = [...page.matchAll(COMMAND)].map(([, command = "", output = ""]) => ({ command, output }));
  const here = (text: string) => text.replaceAll(/2088\d/g, (port) => String(ports.get(port) ?? port));

  beforeAll(async () => {
    orders = await DubboServer.start("orders");
    ports.set("20880", orders.port);
    for (const port of ["20881", "20882"]) ports.set(port, await freePort());
    directory = mkdtempSync(join(tmpdir(), "meltemi-authorize-"));
    mkdirSync(join(directory, "config"));
    const files = [...page.matchAll(FILE)];
    expect(files.map(([, name]) => name)).toEqual(["config/orders.yaml", "config/policies.yaml"]);
    for (const [, name = "", text = ""] of files) writeFileSync(join(directory, name), here(text));
  });

  afterAll(async () => {
    running?.kill("SIGTERM");
    await running?.closed;
    await orders.close();
    rmSync(directory, { recursive: true });
  });

  it("is about these commands", () => {
    expect(commands.map(({ command }) => command.split(" ")[0])).toEqual(["check", "up"]);
  });

  it("has resources that are good", async () => {
    const [{ command, output } = { command: "", output: "" }] = commands;
    const { stdout } = await runToEnd(process.execPath, [MAIN, ...inDirectory(command)]);
    expect(stdout).toBe(output);
  });

  it("has an Envoy let in and deny what it says", async () => {
    const { command, output } = commands[1] as { command: string; output: string };
    const args = [...inDirectory(here(command)), "--envoy", process.env.MELTEMI_TEST_ENVOY_1_40 as string];
    running = Running.start([MAIN, ...args]);
    const line = await running.firstLine();
    for (const part of here(output).trim().split(" ").slice(0, -1)) expect(line.split(" ")).toContain(part);

    const client = await DubboClient.connect(ports.get("20881") as number);
    const call = async (method: string, attachments: Record<string, string> = {}) =>
      await client.call(SERVICE, method, { attachments });
    expect(answerText(await call("listAll"))).toBe("orders listAll");
    const denied = await call("remove");
    expect(denied.status).toBe(70);
    expect(answerText(denied)).toContain("meltemi: access denied by");
    expect((await call("remove", { user: "admin" })).status).toBe(20);
    expect((await call("other")).status).toBe(70);
    client.close();
  });

  function inDirectory(command: string): readonly string[] {
    return command.split(" ").map((word) => (word === "./config" ? join(directory, "config") : word));
  }
});
