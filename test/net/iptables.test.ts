// `meltemi iptables` on the kernel's own tables, for both families.
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { formatAddress } from "../../adapter/xds/address.js";
import { MAIN, type Result, runToEnd } from "../cli/support/meltemi.js";
import { Program } from "../interop/support/program.js";
import { type Host, PROXY, SOMEBODY } from "./support/host.js";
import { curl, startHttpServer } from "./support/http.js";
import { Network } from "./support/network.js";
import type { Family, Plane } from "./support/plane.js";

const INTERCEPTOR = fileURLToPath(new URL("support/interceptor.py", import.meta.url));
const PORT = 8080;
const OTHER_PORT = 8081;
/** Virtual addresses, at which nobody is. */
const VIP = { ipv4: "240.1.0.1", ipv6: "fd01::1" } as const;
const OTHER_VIP = { ipv4: "240.2.0.1", ipv6: "fd02::1" } as const;
const VIPS = "240.1.0.0/16,fd01::/16";
const LOOPBACK = { ipv4: "127.0.0.1", ipv6: "::1" } as const;
const INBOUND_SOURCE = { ipv4: "127.0.0.6", ipv6: "::6" } as const;

let network: Network;
let plane: Plane;
/** Whose connections are redirected. */
let app: Host;
let peer: Host;

beforeAll(async () => {
  network = await Network.create();
  plane = await network.addPlane();
  const other = await network.addPlane();
  app = await network.addHost("app", { plane }, { plane: other });
  peer = await network.addHost("peer", { plane }, { plane: other });
  for (const host of [app, peer]) {
    for (const port of [PORT, OTHER_PORT]) await startHttpServer(host, host.name, port);
  }
  const [command = "", ...args] = [...app.as(PROXY), "python3", INTERCEPTOR, "15001", "15006", "IPv6"];
  await new Program("interceptor", command, args).line("ready");
});

afterAll(async () => {
  await network.remove();
});

afterEach(async () => {
  await meltemi(app, "--undo");
});

async function meltemi(host: Host, ...options: readonly string[]): Promise<Result> {
  return await host.run(process.execPath, MAIN, "iptables", ...options);
}

async function apply(...options: readonly string[]): Promise<void> {
  expect(await meltemi(app, "--apply", ...options)).toMatchObject({ status: 0, stderr: "" });
}

/** Who answers: the name of the server that the connection has reached, or the interceptor's direction and the original destination. */
async function who(
  inside: readonly string[],
  ip: string | undefined,
  port = PORT,
  ...options: readonly string[]
): Promise<string> {
  const url = `http://${formatAddress({ ip: ip as string, port })}`;
  const { status, body, error } = await curl(inside, url, "--connect-timeout", "1", ...options);
  if (status !== 200) return error;
  const { name, to } = JSON.parse(body) as { readonly name: string; readonly to?: string };
  return to === undefined ? name : `${name} ${to}`;
}

/** The nat tables of both families, without counters. */
async function tables(host = app): Promise<string> {
  const saved = [await host.run("iptables-save", "-t", "nat"), await host.run("ip6tables-save", "-t", "nat")];
  return saved.map(({ stdout }) => stdout.replaceAll(/^#.*\n| \[\d+:\d+\]/gm, "")).join("");
}

async function loopbackAddresses(host = app): Promise<string> {
  return (await host.run("ip", "-6", "-oneline", "address", "show", "lo")).stdout;
}

describe.each<Family>(["ipv4", "ipv6"])("connections over %s", (family) => {
  /** What the interceptor says of a connection to there. */
  const to = (direction: string, ip: string | undefined, port = PORT) =>
    `${direction} ${formatAddress({ ip: ip as string, port })}`;

  describe("with all redirected", () => {
    beforeEach(async () => {
      await apply();
    });

    it("of a program arrive at the outbound port with their original destination", async () => {
      const somebody = app.as(SOMEBODY);
      expect(await who(somebody, peer[family])).toBe(to("outbound", peer[family]));
      expect(await who(somebody, VIP[family], 80)).toBe(to("outbound", VIP[family], 80));
      expect(await who(somebody, peer.interfaces[1]?.[family])).toBe(to("outbound", peer.interfaces[1]?.[family]));
      expect(await who(app.inside, peer[family]), "also root's").toBe(to("outbound", peer[family]));
    });

    it("that come in arrive at the inbound port with their original destination, by every interface", async () => {
      for (const one of app.interfaces) expect(await who(peer.inside, one[family])).toBe(to("inbound", one[family]));
    });

    it("of the proxy go where they are to go, by its user or by its group", async () => {
      for (const user of [PROXY, { ...SOMEBODY, uid: PROXY.uid }, { ...SOMEBODY, gid: PROXY.gid }]) {
        expect(await who(app.as(user), peer[family])).toBe("peer");
      }
    });

    it("of the proxy to an address of its machine come in, but not to the loopback address", async () => {
      for (const one of app.interfaces) {
        expect(await who(app.as(PROXY), one[family])).toBe(to("inbound", one[family]));
      }
      expect(await who(app.as(PROXY), LOOPBACK[family])).toBe("app");
    });

    it("that the proxy lets in do not come to it again", async () => {
      for (const one of app.interfaces) {
        const from = ["--interface", INBOUND_SOURCE[family]];
        expect(await who(app.as(PROXY), one[family], PORT, ...from)).toBe("app");
      }
    });

    it("of a program to its own machine go there", async () => {
      for (const ip of [LOOPBACK[family], ...app.interfaces.map((one) => one[family])]) {
        expect(await who(app.as(SOMEBODY), ip)).toBe("app");
      }
    });
  });

  it("to ports come in as -b and -d say, also those of the proxy itself", async () => {
    await apply("-d", String(PORT));
    for (const inside of [peer.inside, app.as(PROXY)]) {
      expect(await who(inside, app[family], PORT)).toBe("app");
      expect(await who(inside, app[family], OTHER_PORT)).toBe(to("inbound", app[family], OTHER_PORT));
    }
    await apply("-b", `${PORT},1`);
    for (const inside of [peer.inside, app.as(PROXY)]) {
      expect(await who(inside, app[family], PORT)).toBe(to("inbound", app[family], PORT));
      expect(await who(inside, app[family], OTHER_PORT)).toBe("app");
    }
    await apply("-b", "");
    expect(await who(peer.inside, app[family], PORT)).toBe("app");
  });

  it("to ports go out as -o says", async () => {
    await apply("-o", String(PORT));
    expect(await who(app.as(SOMEBODY), peer[family], PORT)).toBe("peer");
    expect(await who(app.as(SOMEBODY), peer[family], OTHER_PORT)).toBe(to("outbound", peer[family], OTHER_PORT));
  });

  it("to ranges go out as -i and -x say", async () => {
    await apply("-i", VIPS);
    expect(await who(app.as(SOMEBODY), VIP[family])).toBe(to("outbound", VIP[family]));
    expect(await who(app.as(SOMEBODY), peer[family])).toBe("peer");
    await apply("-x", `${peer.ipv4},${peer.ipv6}/128`);
    expect(await who(app.as(SOMEBODY), peer[family])).toBe("peer");
    expect(await who(app.as(SOMEBODY), VIP[family])).toBe(to("outbound", VIP[family]));
    await apply("-i", VIPS, "-x", `${VIP.ipv4},${VIP.ipv6}`);
    expect(await who(app.as(SOMEBODY), VIP[family])).not.toContain("outbound");
    await apply("-i", "");
    expect(await who(app.as(SOMEBODY), peer[family])).toBe("peer");
    expect(await who(peer.inside, app[family])).toBe(to("inbound", app[family]));
  });

  it("of interfaces that -c names are left alone", async () => {
    await apply("-c", "eth1");
    const [[own, others], [ownExcluded, othersExcluded]] = [0, 1].map((i) =>
      [app, peer].map(({ interfaces }) => interfaces[i]?.[family]),
    ) as [[string, string], [string, string]];
    expect(await who(app.as(SOMEBODY), others)).toBe(to("outbound", others));
    expect(await who(peer.inside, own)).toBe(to("inbound", own));
    expect(await who(app.as(SOMEBODY), othersExcluded)).toBe("peer");
    expect(await who(peer.inside, ownExcluded)).toBe("app");
    await apply("-c", "eth+");
    expect(await who(app.as(SOMEBODY), others)).toBe("peer");
  });

  it("of the users and groups that -u and -g name are the proxy's", async () => {
    await apply("-u", "3000,3001", "-g", "3002");
    for (const user of [
      { uid: 3000, gid: 1 },
      { uid: 3001, gid: 1 },
      { uid: 1, gid: 3002 },
    ]) {
      expect(await who(app.as(user), peer[family])).toBe("peer");
      expect(await who(app.as(user), app[family])).toBe(to("inbound", app[family]));
    }
    expect(await who(app.as(PROXY), peer[family])).toBe(to("outbound", peer[family]));
    await apply("-u", "", "-g", "1337");
    expect(await who(app.as({ uid: 1337, gid: 1 }), peer[family])).toBe(to("outbound", peer[family]));
  });

  it("arrive at the ports that -p and -z name", async () => {
    await apply("-p", "15006", "-z", "15001");
    expect(await who(app.as(SOMEBODY), VIP[family])).toBe(to("inbound", VIP[family]));
    expect(await who(peer.inside, app[family])).toBe(to("outbound", app[family]));
  });

  it("of a family that is left alone go where they are to go", async () => {
    await apply("--family", family === "ipv4" ? "ipv6" : "ipv4");
    expect(await who(app.as(SOMEBODY), peer[family])).toBe("peer");
    expect(await who(peer.inside, app[family])).toBe("app");
    expect(await who(app.as(SOMEBODY), OTHER_VIP[family])).not.toContain("outbound");
  });
});

describe("rules", () => {
  const FOREIGN = "-p tcp -m tcp --dport 9 -j RETURN";

  beforeAll(async () => {
    for (const tool of ["iptables", "ip6tables"]) {
      for (const chain of ["OUTPUT", "PREROUTING"]) {
        expect((await app.run(tool, "-t", "nat", "-A", chain, ...FOREIGN.split(" "))).status).toBe(0);
      }
    }
  });

  it("are the same when they are applied once more, and all others stay", async () => {
    await apply();
    for (const tool of ["iptables", "ip6tables"]) {
      expect((await app.run(tool, "-t", "nat", "-A", "OUTPUT", ...FOREIGN.split(" "))).status).toBe(0);
    }
    const once = await tables();
    expect(once.split("-A OUTPUT -p tcp -j MELTEMI_OUTPUT\n")).toHaveLength(3);
    expect(once.split(FOREIGN)).toHaveLength(7);
    await apply();
    expect(await tables()).toBe(once);
    for (const tool of ["iptables", "ip6tables"]) {
      expect((await app.run(tool, "-t", "nat", "-D", "OUTPUT", ...FOREIGN.split(" "))).status).toBe(0);
    }
  });

  it("are those of the last options alone", async () => {
    await apply("-b", "80,81", "-d", "22", "-o", "53", "-i", "10.0.0.0/8,fd00::/8", "-c", "eth1", "-u", "7");
    await apply();
    const replaced = await tables();
    await meltemi(app, "--undo");
    await apply();
    expect(replaced).toBe(await tables());
  });

  it("are gone when they are undone, and ::6 with them", async () => {
    const before = { tables: await tables(), loopback: await loopbackAddresses() };
    expect(before.tables).not.toContain("MELTEMI");
    await apply("-b", "80,81");
    expect(await loopbackAddresses()).toContain(" ::6/128 ");
    expect((await meltemi(app, "--undo")).stdout).toBe(
      "IPv4: not redirected any more\nIPv6: not redirected any more\n",
    );
    expect({ tables: await tables(), loopback: await loopbackAddresses() }).toEqual(before);
    const again = await meltemi(app, "--undo");
    expect(again).toEqual({ status: 0, stdout: "IPv4: was not redirected\nIPv6: was not redirected\n", stderr: "" });
  });

  it("are those that are printed, and iptables-restore takes them", async () => {
    await apply("-b", "80,81", "-x", "10.0.0.0/8,fd00::/8");
    const applied = await tables();
    await meltemi(app, "--undo");
    for (const [family, tool] of [
      ["ipv4", "iptables-restore"],
      ["ipv6", "ip6tables-restore"],
    ]) {
      const printing = `"${process.execPath}" ${MAIN} iptables --family ${family} -b 80,81 -x 10.0.0.0/8,fd00::/8`;
      expect(await app.run("sh", "-c", `${printing} | ${tool} --noflush`)).toMatchObject({ status: 0, stderr: "" });
    }
    expect(await tables()).toBe(applied);
  });

  it("are not ::6's to be chosen for a program's connections", async () => {
    await apply();
    expect((await app.run("ip", "-6", "route", "get", "::6")).stdout).toContain("dev lo");
    expect(await loopbackAddresses()).toMatch(/::6\/128 .* deprecated/);
  });

  it.each([
    ["ipv4", "IPv4: redirected\n"],
    ["ipv6", "IPv6: redirected\n"],
  ] as const)("are those of %s alone on a machine that has no other address", async (family, said) => {
    const host = await network.addHost(`only-${family}`, { plane, families: [family] });
    expect((await meltemi(host, "--apply")).stdout).toBe(said);
    const of = async (tool: string) => (await host.run(tool, "-t", "nat")).stdout.includes("MELTEMI");
    expect(await of("iptables-save")).toBe(family === "ipv4");
    expect(await of("ip6tables-save")).toBe(family === "ipv6");
  });
});

it("rules are the kernel's older tables' where iptables is the legacy one", async () => {
  const directory = await mkdtemp(join(tmpdir(), "meltemi-net-"));
  for (const tool of ["iptables", "ip6tables"]) {
    for (const what of ["save", "restore"]) {
      await symlink("/usr/sbin/xtables-legacy-multi", join(directory, `${tool}-${what}`));
    }
  }
  const host = await network.addHost("legacy", { plane });
  const path = `PATH=${directory}:${process.env.PATH}`;
  const run = async (...args: readonly string[]) => {
    const { status, stdout, stderr } = await host.run("env", path, ...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return stdout.replaceAll(/^#.*\n| \[\d+:\d+\]/gm, "");
  };
  const saved = async () => [await run("iptables-save", "-t", "nat"), await run("ip6tables-save", "-t", "nat")];
  const before = await saved();
  const meltemi = [process.execPath, MAIN, "iptables"];
  await run(...meltemi, "--apply", "-b", "80", "-u", "7");
  await run(...meltemi, "--apply");
  const [command = "", ...args] = [...host.as(PROXY), "python3", INTERCEPTOR, "15001", "15006", "IPv6"];
  await new Program("interceptor", command, args).line("ready");
  for (const family of ["ipv4", "ipv6"] as const) {
    expect(await who(host.as(SOMEBODY), VIP[family])).toMatch(/^outbound /);
    expect(await who(peer.inside, host[family])).toMatch(/^inbound /);
    expect(await who(host.as(PROXY), peer[family])).toBe("peer");
  }
  await run(...meltemi, "--undo");
  expect(await saved()).toEqual(before);
  await rm(directory, { recursive: true });
});

describe("what goes wrong is said, with what to do, and nothing is changed", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "meltemi-net-"));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  /** Applies with these programs alone on PATH; those with a text are scripts. */
  async function applyWith(programs: Readonly<Record<string, string | undefined>>, ...options: readonly string[]) {
    for (const [name, script] of Object.entries(programs)) {
      if (script !== undefined) await writeFile(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      else await symlink((await runToEnd("sh", ["-c", `command -v ${name}`])).stdout.trim(), join(directory, name));
    }
    const before = await tables();
    const result = await app.run("env", `PATH=${directory}`, process.execPath, MAIN, "iptables", "--apply", ...options);
    expect(result).toMatchObject({ status: 3, stdout: "" });
    expect(await tables()).toBe(before);
    return result.stderr;
  }

  const IPV4 = { "iptables-save": undefined, "iptables-restore": undefined };
  const IPV6 = { "ip6tables-save": undefined, "ip6tables-restore": undefined, ip: undefined };

  it("not as root", async () => {
    const [command = "", ...args] = [...app.as(SOMEBODY), process.execPath, MAIN, "iptables", "--apply"];
    const { status, stderr } = await runToEnd(command, args);
    expect(stderr).toMatch(/^error: ip6?tables-\w+ says: .*\nRun it as root, .* NET_ADMIN and NET_RAW\.\n$/);
    expect(status).toBe(3);
  });

  it("without iptables", async () => {
    expect(await applyWith({})).toMatch(
      /^error: iptables-save cannot be run \(.*ENOENT\): install it \(Debian, Alpine: iptables\)/,
    );
  });

  it("without ip6tables", async () => {
    expect(await applyWith(IPV4)).toMatch(/^error: ip6tables-save cannot be run .*--family ipv4\n$/);
  });

  it("without iproute2", async () => {
    expect(await applyWith({ ...IPV4, ...IPV6, ip: "exec /no/such" })).toMatch(/^error: ip says: /);
  });

  it("without IPv6 on the machine", async () => {
    const host = await network.addHost("no-ipv6", { plane, families: ["ipv4"] });
    const before = await tables(host);
    const { status, stderr } = await meltemi(host, "--apply", "--family", "both");
    expect(stderr).toMatch(/IPv6 is disabled.*\nEnable it .*--family ipv4\.\n$/);
    expect(status).toBe(3);
    expect(before).not.toContain("MELTEMI");
    expect(await tables(host)).not.toContain("MELTEMI");
  });

  it("without a nat table of IPv6", async () => {
    const says =
      "ip6tables-save v1.8.9 (legacy): Cannot initialize: can't initialize ip6tables table `nat': Table does not exist";
    expect(
      await applyWith({ ...IPV4, ...IPV6, "ip6tables-save": `echo "${says.replaceAll("`", "\\`")}" >&2; exit 3` }),
    ).toMatch(
      /Table does not exist\nThe kernel has no nat table of this family: .*modprobe ip6table_nat.*--family ipv4\.\n$/,
    );
  });

  it.each([
    ["where nothing was redirected", undefined],
    ["where something else was redirected", ["-b", "80"]],
  ])("IPv6's rules cannot be made, %s", async (_, earlier) => {
    if (earlier !== undefined) await apply(...earlier);
    const failing = { ...IPV4, ...IPV6, "ip6tables-restore": "echo 'no match' >&2; exit 4" };
    const before = await loopbackAddresses();
    expect(await applyWith(failing, "-b", "81")).toMatch(/^error: ip6tables-restore says: no match\nThe kernel lacks/);
    expect(await loopbackAddresses()).toBe(before);
  });
});
