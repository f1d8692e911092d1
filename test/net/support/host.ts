import { type Result, runToEnd } from "../../cli/support/meltemi.js";
import { ip } from "./ip.js";
import { linkName, namespaceName, removeNamespace } from "./names.js";
import type { Addresses, Plane } from "./plane.js";

/** One of a host's interfaces: it has addresses of one family, or of both. */
export interface Interface {
  readonly name: string;
  readonly plane: Plane;
  readonly ipv4: string | undefined;
  readonly ipv6: string | undefined;
}

/** Who runs a program in a host. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Istio's user of sidecars, by whom their own connections are told from those of a host's other programs. */
export const PROXY: User = { uid: 1337, gid: 1337 };
/** A user of programs that are no proxy. */
export const SOMEBODY: User = { uid: 2000, gid: 2000 };

/** A machine, or a Pod: a network namespace, in which programs run that share the file system with all others. */
export class Host {
  readonly #namespace: string;

  constructor(
    readonly name: string,
    readonly interfaces: readonly [Interface, ...Interface[]],
  ) {
    this.#namespace = namespaceName(name);
  }

  /** Of its first interface that has one. */
  get ipv4(): string | undefined {
    return this.interfaces.find(({ ipv4 }) => ipv4 !== undefined)?.ipv4;
  }

  get ipv6(): string | undefined {
    return this.interfaces.find(({ ipv6 }) => ipv6 !== undefined)?.ipv6;
  }

  /** One by which the tests reach it: IPv4's, if there is one. */
  get ip(): string {
    return (this.ipv4 ?? this.ipv6) as string;
  }

  /** All its addresses, of all interfaces and both families. */
  get ips(): readonly string[] {
    return this.interfaces.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6].filter((address) => address !== undefined));
  }

  /** What stands before a command that is to run in the host, as root. The process is the command's own. */
  get inside(): readonly string[] {
    return ["ip", "netns", "exec", this.#namespace];
  }

  /** The same for another user, who can read the tests' files all the same. */
  as({ uid, gid }: User): readonly string[] {
    const user = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
    return [...this.inside, "setpriv", ...user, "--inh-caps=+dac_override", "--ambient-caps=+dac_override"];
  }

  /** Runs a command in it to its end, as root. */
  async run(...args: readonly string[]): Promise<Result> {
    const [command = "", ...rest] = [...this.inside, ...args];
    return await runToEnd(command, rest);
  }

  async create(): Promise<void> {
    await ip("netns", "add", this.#namespace);
    const hasIpv6 = this.ipv6 !== undefined;
    await this.#set("net/ipv4/ip_unprivileged_port_start", "0");
    for (const one of ["all", "default"]) {
      await this.#set(`net/ipv6/conf/${one}/disable_ipv6`, hasIpv6 ? "0" : "1");
      await this.#set(`net/ipv6/conf/${one}/accept_dad`, "0");
      await this.#set(`net/ipv6/conf/${one}/keep_addr_on_down`, "1");
    }
    await this.#ip("link", "set", "lo", "up");
    for (const one of this.interfaces) await this.#add(one);
    await this.#routes();
  }

  /** Takes an interface down; its addresses stay the host's. */
  async down(name: string): Promise<void> {
    await this.#ip("link", "set", name, "down");
  }

  async up(name: string): Promise<void> {
    await this.#ip("link", "set", name, "up");
    await this.#routes();
  }

  async remove(): Promise<void> {
    await removeNamespace(this.#namespace);
  }

  async #add({ name, plane, ipv4, ipv6 }: Interface): Promise<void> {
    const link = linkName("v");
    await ip("link", "add", link, "type", "veth", "peer", "name", name, "netns", this.#namespace);
    await plane.join(link);
    if (ipv4 !== undefined) await this.#ip("address", "add", `${ipv4}/24`, "dev", name);
    if (ipv6 !== undefined) await this.#ip("address", "add", `${ipv6}/64`, "dev", name, "nodad");
    await this.#ip("link", "set", name, "up");
  }

  /** Without one to everywhere a connection to a service's virtual address fails before it is redirected. */
  async #routes(): Promise<void> {
    for (const [option, family] of [
      ["-4", "ipv4"],
      ["-6", "ipv6"],
    ] as const) {
      const first = this.interfaces.find((one) => one[family] !== undefined);
      if (first === undefined) continue;
      const gateway = (first.plane as Addresses)[family];
      // While the interface is down there is no way to it.
      await this.#ip(option, "route", "replace", "default", "via", gateway, "dev", first.name).catch(() => {});
    }
  }

  async #ip(...args: readonly string[]): Promise<void> {
    await ip("-n", this.#namespace, ...args);
  }

  async #set(key: string, value: string): Promise<void> {
    const { status, stderr } = await this.run("sh", "-c", `echo ${value} >/proc/sys/${key}`);
    if (status !== 0) throw new Error(`${key} of ${this.name} cannot be set: ${stderr}`);
  }
}
