// What the tests of this suite stand on.
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runToEnd } from "../cli/support/meltemi.js";
import { load } from "./support/fortio.js";
import { type Host, PROXY, SOMEBODY } from "./support/host.js";
import { ask, curl, startHttpServer } from "./support/http.js";
import { ip } from "./support/ip.js";
import { Network } from "./support/network.js";
import type { Plane } from "./support/plane.js";

const PORT = 8080;

describe("hosts on two planes", () => {
  let network: Network;
  let planes: readonly [Plane, Plane];
  let client: Host;
  let server: Host;
  let only4: Host;
  let only6: Host;

  beforeAll(async () => {
    network = await Network.create();
    planes = [await network.addPlane(), await network.addPlane()];
    const [first, second] = planes;
    client = await network.addHost("client", { plane: first }, { plane: second });
    server = await network.addHost("server", { plane: first }, { plane: second });
    only4 = await network.addHost("only4", { plane: first, families: ["ipv4"] });
    only6 = await network.addHost("only6", { plane: first, families: ["ipv6"] });
    for (const host of [server, only4, only6]) await startHttpServer(host, host.name, PORT);
  });

  afterAll(async () => {
    await network.remove();
  });

  it("reach one another over both families, on each plane", async () => {
    for (const { ipv4, ipv6 } of server.interfaces) {
      const own = client.interfaces.find(
        ({ plane }) => plane === server.interfaces.find((i) => i.ipv4 === ipv4)?.plane,
      );
      expect(await ask(client.inside, `http://${ipv4}:${PORT}/x`, "--header", "user: jason")).toMatchObject({
        name: "server",
        family: "ipv4",
        peer: own?.ipv4,
        at: ipv4,
        method: "GET",
        url: "/x",
        headers: { user: "jason" },
      });
      expect(await ask(client.inside, `http://[${ipv6}]:${PORT}/`)).toMatchObject({
        family: "ipv6",
        peer: own?.ipv6,
        at: ipv6,
      });
    }
  });

  it("are of one family, where they are to be", async () => {
    expect([only4.ipv6, only6.ipv4]).toEqual([undefined, undefined]);
    expect((await only4.run("ip", "-6", "address")).stdout).toBe("");
    expect(await ask(client.inside, `http://${only4.ip}:${PORT}`)).toMatchObject({ name: "only4", family: "ipv4" });
    expect(await ask(client.inside, `http://[${only6.ip}]:${PORT}`)).toMatchObject({ name: "only6", family: "ipv6" });
    expect((await curl(only6.inside, `http://${only4.ip}:${PORT}`)).status).toBe(0);
    expect((await curl(only4.inside, `http://[${only6.ip}]:${PORT}`)).status).toBe(0);
  });

  it("do not go from one plane to another", async () => {
    const at = server.interfaces[1]?.ipv6;
    const { status } = await curl(only6.inside, `http://[${at}]:${PORT}`, "--connect-timeout", "1");
    expect(status).toBe(0);
  });

  it("are reached by the tests, on each plane", async () => {
    for (const { ipv4, ipv6 } of server.interfaces) {
      expect((await fetch(`http://${ipv4}:${PORT}`)).status).toBe(200);
      expect((await fetch(`http://[${ipv6}]:${PORT}`)).status).toBe(200);
    }
  });

  it("lose a plane, or an interface, and have it again with its addresses", async () => {
    const urls = server.interfaces.flatMap(({ ipv4, ipv6 }) => [`http://${ipv4}:${PORT}`, `http://[${ipv6}]:${PORT}`]);
    const answers = async () => {
      const all = urls.map((url) => curl(client.inside, url, "--connect-timeout", "1"));
      return (await Promise.all(all)).map(({ status }) => status);
    };
    expect(await answers()).toEqual([200, 200, 200, 200]);
    await planes[0].down();
    expect(await answers()).toEqual([0, 0, 200, 200]);
    await planes[0].up();
    expect(await answers()).toEqual([200, 200, 200, 200]);
    await client.down("eth1");
    expect(await answers()).toEqual([200, 200, 0, 0]);
    await client.up("eth1");
    expect(await answers()).toEqual([200, 200, 200, 200]);
  });

  it("run programs as other users", async () => {
    for (const user of [PROXY, SOMEBODY]) {
      const [command = "", ...args] = [...client.as(user), "sh", "-c", "id -u; id -g; cat /etc/shadow >/dev/null"];
      expect(await runToEnd(command, args)).toEqual({ status: 0, stdout: `${user.uid}\n${user.gid}\n`, stderr: "" });
    }
  });

  it("bear load of fortio over both families", async () => {
    for (const url of [`http://${server.ipv4}:${PORT}/`, `http://[${server.ipv6}]:${PORT}/`]) {
      const report = await load(client.inside, url, { qps: 100, connections: 2, duration_s: 1 });
      expect(report.requests).toBeGreaterThan(80);
      expect(report.statuses).toEqual({ 200: report.requests });
    }
  });
});

it("what a process leaves that is killed, a later one removes, with the programs in it", async () => {
  // A number that no process has.
  const dead = "4194305";
  await ip("netns", "add", `meltemi-${dead}-1-left`);
  await ip("link", "add", `mt${dead}p1`, "type", "bridge");
  const sleeper = runToEnd("ip", ["netns", "exec", `meltemi-${dead}-1-left`, "sleep", "60"]);
  await expect.poll(() => ip("netns", "pids", `meltemi-${dead}-1-left`)).toMatch(/\d/);
  await (await Network.create()).remove();
  expect((await sleeper).status).toBe(null);
  expect(existsSync(`/run/netns/meltemi-${dead}-1-left`)).toBe(false);
  expect(existsSync(`/sys/class/net/mt${dead}p1`)).toBe(false);
});
