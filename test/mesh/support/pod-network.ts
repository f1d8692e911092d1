import type { Host } from "../../net/support/host.js";
import { Network } from "../../net/support/network.js";
import type { Plane } from "../../net/support/plane.js";
import { redirect } from "../../net/support/redirect.js";

export type Pod = Host;

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
    await redirect(pod);
    return pod;
  }

  async remove(): Promise<void> {
    await this.network.remove();
  }
}
