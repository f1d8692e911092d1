import { spawn } from "node:child_process";
import { once } from "node:events";
import { type Host, PROXY } from "../../net/support/host.js";
import { Network } from "../../net/support/network.js";
import type { Plane } from "../../net/support/plane.js";

export type Pod = Host;

/** A sidecar's admin interface, on its Pod's address. */
export const ADMIN_PORT = 15000;

/** What istio-init sets up in a Pod: what comes in goes to 15006, what goes out to 15001. */
const REDIRECTION = `*nat
-A PREROUTING -p tcp --dport ${ADMIN_PORT} -j RETURN
-A PREROUTING -p tcp -j REDIRECT --to-ports 15006
-A OUTPUT -m owner --gid-owner ${PROXY.gid} -j RETURN
-A OUTPUT -d 127.0.0.1/32 -j RETURN
-A OUTPUT -p tcp -j REDIRECT --to-ports 15001
COMMIT
`;

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

async function redirect({ inside }: Pod): Promise<void> {
  const [command = "", ...args] = [...inside, "iptables-restore"];
  const child = spawn(command, args, { stdio: ["pipe", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (data) => (stderr += data));
  child.stdin.end(REDIRECTION);
  const [status] = await once(child, "close");
  if (status !== 0) throw new Error(`iptables-restore failed with status ${status}: ${stderr}`);
}
