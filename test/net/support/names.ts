import { ip } from "./ip.js";

// What is made in the machine's kernel outlives a process that is killed. So every name says whose it is, and who comes later clears up.
const NAMESPACE = /^meltemi-(\d+)-/;
/** An interface's name has 15 characters at most, and a process's number up to 7. */
const LINK = /^mt(\d+)[pv]\d+$/;

let links = 0;

/** The name of an interface outside of the hosts: a plane's bridge, or the outer end of a host's veth pair. */
export function linkName(kind: "p" | "v"): string {
  links += 1;
  return `mt${process.pid}${kind}${links}`;
}

export function namespaceName(host: string): string {
  links += 1;
  return `meltemi-${process.pid}-${links}-${host}`;
}

/** Removes what processes have left that are no more. */
export async function removeLeftovers(): Promise<void> {
  const namespaces = (await ip("netns", "list")).split("\n").map((line) => line.split(" ", 1)[0] ?? "");
  for (const name of namespaces.filter((name) => isLeft(NAMESPACE.exec(name)))) {
    // Another process may have come to clear up at the same time.
    await removeNamespace(name).catch(() => {});
  }
  const devices = JSON.parse(await ip("-json", "link", "show")) as readonly { readonly ifname: string }[];
  for (const { ifname } of devices.filter(({ ifname }) => isLeft(LINK.exec(ifname)))) {
    // A veth pair goes with its host's namespace, a moment later.
    await ip("link", "delete", ifname).catch(() => {});
  }
}

/** With the programs in it that have not ended. */
export async function removeNamespace(name: string): Promise<void> {
  for (const pid of (await ip("netns", "pids", name)).split("\n").filter((line) => line !== "")) kill(Number(pid));
  await ip("netns", "delete", name);
}

function isLeft(found: RegExpExecArray | null): boolean {
  return found !== null && !isAlive(Number(found[1]));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
