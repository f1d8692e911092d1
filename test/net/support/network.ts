import { Host, type Interface } from "./host.js";
import { removeLeftovers } from "./names.js";
import { type Family, Plane } from "./plane.js";

/** How a host is on a plane: by which families it has an address there, both unless told. */
export interface Joint {
  readonly plane: Plane;
  readonly families?: readonly Family[];
}

/**
 * The network of a test: hosts, each a network namespace of its own, on planes that nobody else is on. The tests themselves are on all
 * planes, at their `ipv4` and `ipv6`. It takes root.
 */
export class Network {
  readonly #planes: Plane[] = [];
  readonly #hosts: Host[] = [];

  private constructor() {}

  static async create(): Promise<Network> {
    await removeLeftovers();
    return new Network();
  }

  async addPlane(): Promise<Plane> {
    const plane = Plane.next();
    this.#planes.push(plane);
    await plane.create();
    return plane;
  }

  /** Its interfaces are `eth0`, `eth1` … in the order of the joints; what is on none of their planes it looks for at the first. */
  async addHost(name: string, ...joints: readonly [Joint, ...Joint[]]): Promise<Host> {
    const interfaces = joints.map(({ plane, families = ["ipv4", "ipv6"] }, i): Interface => {
      const { ipv4, ipv6 } = plane.nextAddresses();
      return {
        name: `eth${i}`,
        plane,
        ipv4: families.includes("ipv4") ? ipv4 : undefined,
        ipv6: families.includes("ipv6") ? ipv6 : undefined,
      };
    });
    const host = new Host(name, interfaces as [Interface, ...Interface[]]);
    this.#hosts.push(host);
    await host.create();
    return host;
  }

  /** Programs that still run in the hosts are killed. */
  async remove(): Promise<void> {
    for (const host of this.#hosts.splice(0)) await host.remove();
    for (const plane of this.#planes.splice(0)) await plane.remove();
  }
}
