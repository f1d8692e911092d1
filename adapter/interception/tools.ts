import { spawn } from "node:child_process";
import { once } from "node:events";
import { MeltemiError } from "../error/meltemi-error.js";
import type { Family } from "../model/node-profile.js";
import { INBOUND_SOURCE } from "../model/redirection.js";

const NAME: Readonly<Record<Family, string>> = { IPv4: "iptables", IPv6: "ip6tables" };
const OTHER: Readonly<Record<Family, Family>> = { IPv4: "IPv6", IPv6: "IPv4" };

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `iptables-save` prints of the nat table. */
export async function saveTable(family: Family): Promise<string> {
  const tool = `${NAME[family]}-save`;
  const ended = await run(family, tool, ["-t", "nat"]);
  if (ended.status !== 0) throw failed(family, tool, ended.stderr);
  return ended.stdout;
}

/** All of it or nothing: `iptables-restore` commits a table at once. */
export async function restoreTable(family: Family, input: string): Promise<void> {
  const tool = `${NAME[family]}-restore`;
  const ended = await run(family, tool, ["--noflush", "--wait"], input);
  if (ended.status !== 0) throw failed(family, tool, ended.stderr);
}

/**
 * Resolves with whether it was not there. IPv4's is part of 127.0.0.0/8, which all machines have. That nobody prefers it keeps the kernel
 * from choosing it for connections that do not ask for it.
 */
export async function addInboundSource(): Promise<boolean> {
  const { status, stderr } = await ipAddress("add", "preferred_lft", "0");
  if (status !== 0 && !/File exists|already assigned/.test(stderr)) throw failed("IPv6", "ip", stderr);
  return status === 0;
}

export async function removeInboundSource(): Promise<void> {
  const { status, stderr } = await ipAddress("delete");
  // Somebody has removed it already.
  if (status !== 0 && !/Cannot assign requested address|not found/.test(stderr)) throw failed("IPv6", "ip", stderr);
}

async function ipAddress(what: string, ...options: readonly string[]): Promise<Ended> {
  return await run("IPv6", "ip", ["-6", "address", what, `${INBOUND_SOURCE.IPv6}/128`, "dev", "lo", ...options]);
}

async function run(family: Family, tool: string, args: readonly string[], input = ""): Promise<Ended> {
  const child = spawn(tool, args, { stdio: "pipe", env: { ...process.env, LC_ALL: "C" } });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  // It may end without reading all; its status says what was wrong.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  try {
    const [status] = (await once(child, "close")) as [number | null];
    return { status, stdout, stderr };
  } catch (cause) {
    const debian = tool === "ip" ? "iproute2" : "iptables";
    const message = `${tool} cannot be run (${(cause as Error).message}): install it (Debian, Alpine: ${debian})`;
    throw new MeltemiError("IPTABLES_FAILED", `${message}${orOther(family)}`, { cause });
  }
}

function failed(family: Family, tool: string, stderr: string): MeltemiError {
  const said = stderr.trim().replaceAll(/\s*\n\s*/g, "; ");
  return new MeltemiError("IPTABLES_FAILED", `${tool} says: ${said}\n${advice(family, said)}`);
}

function advice(family: Family, said: string): string {
  if (/Permission denied|Operation not permitted|must be root/i.test(said)) {
    return "Run it as root, in a container with the capabilities NET_ADMIN and NET_RAW.";
  }
  if (/Table does not exist|can't initialize/i.test(said)) {
    const module = family === "IPv4" ? "iptable_nat" : "ip6table_nat";
    return `The kernel has no nat table of this family: load its module (modprobe ${module}, or nft_chain_nat)${orOther(family)}.`;
  }
  if (/IPv6 is disabled/.test(said)) {
    return `Enable it for the loopback interface (sysctl net.ipv6.conf.lo.disable_ipv6=0)${orOther(family)}.`;
  }
  if (/match|target|extension|RULE_APPEND/i.test(said)) {
    return "The kernel lacks what the rules need: load the modules xt_owner, xt_tcpudp and xt_REDIRECT.";
  }
  return "The rules are as they were before.";
}

function orOther(family: Family): string {
  return `, or leave this family alone: --family ${OTHER[family].toLowerCase()}`;
}
