import { MAIN } from "../../cli/support/meltemi.js";
import type { Host } from "../../net/support/host.js";
import { Network } from "../../net/support/network.js";
import type { Plane } from "../../net/support/plane.js";

export type Pod = Host;

/** A sidecar's admin interface, on its Pod's address. */
export const ADMIN_PORT = 15000;

/** The Pods of a test: hosts of IPv4 whose connections are redirected, all on one plane. */
export class PodNetwork {
  private constructor(
    private readonly network: Network,
    private readonly plane: Plane,
  ) {}

  static async create(): Promise<PodNetwork> {
    const network = await Network.create();
    return new PodNetwork(network, await network.addPlane());
  }

  /** Where Pods reach what runs outside of them. */
  get address(): string {
    return this.plane.ipv4;
  }

  /** With a sidecar to come: without one nothing passes in or out. */
  async addPod(name: string): Promise<Pod> {
    const pod = await this.network.addHost(name, { plane: this.plane, families: ["ipv4"] });
    const options = ["--apply", "-d", String(ADMIN_PORT)];
    const { status, stderr } = await pod.run(process.execPath, MAIN, "iptables", ...options);
    if (status !== 0) throw new Error(`connections of ${name} cannot be redirected: ${stderr}`);
    return pod;
  }

  async remove(): Promise<void> {
    await this.network.remove();
  }
}
