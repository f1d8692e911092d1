import { writeFile } from "node:fs/promises";
import { ip } from "./ip.js";
import { linkName } from "./names.js";

export type Family = "ipv4" | "ipv6";

export interface Addresses {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** So many may a process make, from 1: its number and theirs are in the 14 bits of an IPv4 prefix that are ours to choose. */
const MAX_PLANES = 15;
const MAX_HOSTS = 253;

let planes = 0;

/** A network that hosts are on, of both families: a bridge. From one plane there is no way to another. */
export class Plane implements Addresses {
  readonly #bridge = linkName("p");
  #hosts = 0;

  private constructor(
    private readonly prefix4: string,
    private readonly prefix6: string,
  ) {}

  static next(): Plane {
    if (planes === MAX_PLANES) throw new Error(`a test file has ${MAX_PLANES} planes at most`);
    planes += 1;
    const nth = planes;
    const { pid } = process;
    // RFC 6598's shared addresses and RFC 4193's: nobody's here, and another process of these tests has others.
    const low = ((pid % 1024) << 4) | nth;
    const [high4, low4] = [64 + (low >> 8), low & 0xff];
    return new Plane(`100.${high4}.${low4}`, `fd6d:${(pid >> 16).toString(16)}:${(pid & 0xffff).toString(16)}:${nth}`);
  }

  /** Where hosts reach what runs outside of them, as the tests themselves. */
  get ipv4(): string {
    return `${this.prefix4}.1`;
  }

  get ipv6(): string {
    return `${this.prefix6}::1`;
  }

  /** Of all its addresses. */
  get cidr4(): string {
    return `${this.prefix4}.0/24`;
  }

  get cidr6(): string {
    return `${this.prefix6}::/64`;
  }

  nextAddresses(): Addresses {
    if (this.#hosts === MAX_HOSTS) throw new Error(`a plane has ${MAX_HOSTS} hosts at most`);
    this.#hosts += 1;
    const nth = this.#hosts + 1;
    return { ipv4: `${this.prefix4}.${nth}`, ipv6: `${this.prefix6}::${nth.toString(16)}` };
  }

  async create(): Promise<void> {
    const bridge = this.#bridge;
    // Without snooping: a bridge that has just come up has not heard yet who listens for whose neighbour solicitation.
    await ip("link", "add", bridge, "type", "bridge", "mcast_snooping", "0");
    await writeFile(`/proc/sys/net/ipv4/conf/${bridge}/forwarding`, "0");
    await writeFile(`/proc/sys/net/ipv6/conf/${bridge}/keep_addr_on_down`, "1");
    await ip("address", "add", `${this.ipv4}/24`, "dev", bridge);
    await ip("address", "add", `${this.ipv6}/64`, "dev", bridge, "nodad");
    await this.up();
  }

  /** Puts the outer end of a host's veth pair on it. */
  async join(link: string): Promise<void> {
    await ip("link", "set", link, "master", this.#bridge, "up");
  }

  /** From now on nothing arrives, and nobody is told. */
  async down(): Promise<void> {
    await ip("link", "set", this.#bridge, "down");
  }

  async up(): Promise<void> {
    await ip("link", "set", this.#bridge, "up");
  }

  async remove(): Promise<void> {
    await ip("link", "delete", this.#bridge);
  }
}
