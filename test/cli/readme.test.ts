import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runToEnd } from "./support/meltemi.js";

/** Every line of every block that says it can be run. */
const blocks = [...readFileSync("README.md", "utf8").matchAll(/^```sh runnable\n(.*?)^```$/gms)];
const commands = blocks.flatMap(([, block]) => (block as string).trim().split("\n"));

describe("commands in the README", () => {
  it("are found", () => expect(commands.length).toBeGreaterThanOrEqual(3));

  it.each(commands)("%s", async (command) => {
    const { status, stderr } = await runToEnd("/bin/sh", ["-c", command]);
    expect(stderr.replaceAll(/^npm warn .*\n/gm, "")).toBe("");
    expect(status).toBe(0);
  });

  it("names every command", async () => {
    const { stdout } = await runToEnd(process.execPath, ["dist/adapter/cli/main.js", "--help"]);
    const listed = [...stdout.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name);
    const told = [...readFileSync("README.md", "utf8").matchAll(/^\| `meltemi ([a-z]+) /gm)].map(([, name]) => name);
    expect(told).toEqual(listed);
  });
});

it("links to what is there", () => {
  const links = [...readFileSync("README.md", "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g)].map(
    ([, path]) => path as string,
  );
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((path) => !existsSync(path))).toEqual([]);
});
