import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { meltemi } from "./support/meltemi.js";

describe("help", () => {
  it.each([[], ["up"], ["adapter"], ["bootstrap"], ["status"], ["check"], ["explain"], ["install"], ["iptables"]])(
    "meltemi %s --help has examples",
    async (...command) => {
      const { status, stdout, stderr } = await meltemi(...command, "--help");
      expect(status).toBe(0);
      expect(stderr).toBe("");
      expect(stdout).toContain(`Usage: meltemi ${command.join("")}`);
      expect(stdout).toContain("Examples:\n  meltemi ");
      expect(stdout).toContain("Exit codes: 0 ");
    },
  );

  it("--version prints the package's version", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(await meltemi("--version")).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  });
});

describe("called wrongly: status 2, nothing on stdout, and what to do", () => {
  it.each([
    ["an unknown command", ["chek", "x"], /unknown command 'chek'(.|\n)*meltemi --help/],
    [
      "an unknown option",
      ["check", "--strickt", "x"],
      /unknown option '--strickt'\n\(Did you mean --strict\?\)\nRun "meltemi check --help"/,
    ],
    ["a missing option", ["bootstrap", "--xds", "127.0.0.1:1"], /required option '--node <id>' not specified/],
    ["a missing argument", ["check"], /missing required argument 'directory'/],
    ["an address without a port", ["bootstrap", "--node", "a", "--xds", "localhost"], /Write ADDRESS:PORT/],
    [
      "a name to listen on",
      ["up", "--config", ".", "--listen", "dubbo=localhost:1"],
      /Write an IP address to listen on/,
    ],
    ["a listener without a protocol", ["up", "--config", ".", "--listen", "127.0.0.1:1"], /PROTOCOL=ADDRESS:PORT/],
    ["a format that there is not", ["check", ".", "--output", "yaml"], /Allowed choices are text, json/],
    ["a directory that does not exist", ["check", "no/such"], /"no\/such" does not exist: name the directory/],
    ["a file for a directory", ["check", "package.json"], /"package.json" is no directory/],
    [
      "a directory that does not exist, to serve",
      ["adapter", "--config", "no/such", "--xds", "127.0.0.1:0", "--http", "127.0.0.1:0"],
      /"no\/such" does not exist/,
    ],
    [
      "a certificate without its key",
      ["adapter", "--config", ".", "--xds", "127.0.0.1:0", "--http", "127.0.0.1:0", "--xds-cert", "x.pem"],
      /TLS takes both --xds-cert and --xds-key/,
    ],
    [
      "a listener without an address, to install",
      ["install", "--dry-run", "--listen", "dubbo"],
      /PROTOCOL=ADDRESS:PORT/,
    ],
    [
      "TLS without a way to know the adapter",
      ["bootstrap", "--node", "a", "--xds", "localhost:1", "--xds-cert", "x.pem", "--xds-key", "x.key"],
      /TLS takes --xds-ca/,
    ],
    [
      "an Envoy that does not exist",
      ["up", "--config", "envoy-config/demo", "--envoy", "no/such"],
      /--envoy names "no\/such"/,
    ],
    [
      "a way for the filter's code",
      ["adapter", "--config", ".", "--xds", "127.0.0.1:0", "--http", "127.0.0.1:0", "--wasm", "x"],
      /--wasm "x": write inline, local/,
    ],
    [
      "a remote filter that nodes have no way to",
      ["adapter", "--config", ".", "--xds", "127.0.0.1:0", "--http", "127.0.0.1:0", "--wasm", "https://x/y.wasm"],
      /takes --wasm-cluster, the cluster through which/,
    ],
    [
      "an attribute without a value",
      ["explain", "--config", ".", "--protocol", "dubbo", "--service", "s", "--attribute", "user"],
      /NAME=VALUE/,
    ],
    ["a port that there is not", ["iptables", "-d", "22,70000"], /from 1 to 65535; "70000" is none/],
    ["a range with too many bits", ["iptables", "-x", "fd00::/8,10.0.0.0/33"], /"10\.0\.0\.0\/33" is none/],
    ["a name for a range", ["iptables", "-x", "example.com"], /Write IP ranges, .*"example\.com" is none/],
    ["the loopback interface to be redirected", ["iptables", "-i", "::1"], /::1\/128: connections over the loopback/],
    ["a user's name", ["iptables", "-u", "envoy"], /Write numbers, such as 1337; "envoy" is none/],
    ["two interfaces in one", ["iptables", "-c", "eth0 eth1"], /Write names of interfaces/],
    ["no proxy", ["iptables", "-u", "", "-g", ""], /say whom Envoy runs as \(-u or -g\)/],
    ["one port for both directions", ["iptables", "-p", "15006"], /-p and -z are both 15006/],
    ["both ways at once", ["iptables", "--apply", "--undo"], /'--undo' cannot be used with option '--apply'/],
  ])("%s", async (_, args, message) => {
    const { status, stdout, stderr } = await meltemi(...args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe("");
    expect(status).toBe(args.includes("--envoy") ? 3 : 2);
  });
});

it("could not be done: status 3, and that no adapter answers", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const free = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.close();
  await once(server, "close");
  const { status, stdout, stderr } = await meltemi("status", "--admin", free);
  expect(stderr).toMatch(new RegExp(`^error: no adapter tells of itself at ${free} \\(its --admin\\): .*ECONNREFUSED`));
  expect(stdout).toBe("");
  expect(status).toBe(3);
});

it("could not be done: status 3, and which address is taken", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const taken = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const addresses of [
    ["--xds", taken, "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"],
    ["--xds", "127.0.0.1:0", "--http", taken, "--admin", "127.0.0.1:0"],
    ["--xds", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", taken],
  ]) {
    const { status, stdout, stderr } = await meltemi("adapter", "--config", "envoy-config/demo", ...addresses);
    expect(stderr).toMatch(new RegExp(`error: (xDS|HTTP) cannot be served on ${taken}: .*EADDRINUSE`));
    expect(stdout).toBe("");
    expect(status).toBe(3);
  }
  server.close();
});
