// The commands of docs/intercept-traffic.md that need a machine of their own.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAIN } from "../cli/support/meltemi.js";
import type { Host } from "./support/host.js";
import { Network } from "./support/network.js";

const PAGE = readFileSync("docs/intercept-traffic.md", "utf8");
/** A command, and what the page says that it prints, where it does. */
const COMMAND = /^```sh\n([\s\S]*?)^```\n(?:\n((?: {4}IPv.*\n)+))?/gm;

const commands = [...PAGE.matchAll(COMMAND)].flatMap(([, lines = "", output]) =>
  lines
    .trim()
    .split("\n")
    .map((line) => [line, output?.replaceAll(/^ {4}/gm, "")] as const),
);

describe("docs/intercept-traffic.md", () => {
  let network: Network;
  let host: Host;

  beforeAll(async () => {
    network = await Network.create();
    host = await network.addHost("machine", { plane: await network.addPlane() });
  });

  afterAll(async () => {
    await network.remove();
  });

  it("has commands", () => {
    expect(commands.filter(([, output]) => output !== undefined)).toHaveLength(2);
    expect(commands.length).toBeGreaterThan(8);
  });

  it.each(commands)("%s", async (command, output) => {
    const line = command.replace(/^meltemi/, `"${process.execPath}" ${MAIN}`);
    const { status, stdout, stderr } = await host.run("sh", "-c", line);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    if (output !== undefined) expect(stdout).toBe(output);
  });

  it("leaves nothing behind", async () => {
    expect((await host.run("iptables-save")).stdout).not.toContain("MELTEMI");
    expect((await host.run("ip6tables-save")).stdout).not.toContain("MELTEMI");
  });
});
