import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";

const run = promisify(execFile);

/** By this group of its processes a sidecar's own connections are told from those of the Pod's programs, as with istio-proxy. */
export const PROXY_GROUP = 1337;
/** A sidecar's admin interface, on its Pod's address. */
export const ADMIN_PORT = 15000;

/** What istio-init sets up in a Pod: what comes in goes to 15006, what goes out to 15001. */
const REDIRECTION = `*nat
-A PREROUTING -p tcp --dport ${ADMIN_PORT} -j RETURN
-A PREROUTING -p tcp -j REDIRECT --to-ports 15006
-A OUTPUT -m owner --gid-owner ${PROXY_GROUP} -j RETURN
-A OUTPUT -d 127.0.0.1/32 -j RETURN
-A OUTPUT -p tcp -j REDIRECT --to-ports 15001
COMMIT
`;

/** The Pods of a test: each a network namespace of its own, on a bridge that nobody else is on. It takes root. */
export class PodNetwork {
  readonly #pods: Pod[] = [];

  private constructor(
    private readonly bridge: string,
    private readonly prefix: string,
  ) {}

  static async create(): Promise<PodNetwork> {
    // RFC 6598's shared addresses: nobody's here, and another process of these tests has others.
    const prefix = `100.${64 + ((process.pid >> 8) & 0x3f)}.${process.pid & 0xff}`;
    const network = new PodNetwork(`mbr${process.pid}`, prefix);
    const { bridge } = network;
    await run("ip", ["link", "add", bridge, "type", "bridge"]).catch((cause: unknown) => {
      throw new Error("no network can be made: run these tests as root", { cause });
    });
    await run("ip", ["address", "add", `${network.address}/24`, "dev", bridge]);
    await run("ip", ["link", "set", bridge, "up"]);
    return network;
  }

  /** Where Pods reach what runs outside of them. */
  get address(): string {
    return `${this.prefix}.1`;
  }

  /** With a sidecar to come: without one nothing passes in or out. */
  async addPod(name: string): Promise<Pod> {
    const nth = this.#pods.length + 2;
    const pod = new Pod(name, `${this.prefix}.${nth}`, `mpod${process.pid}-${nth}`);
    this.#pods.push(pod);
    await pod.create(this.bridge, `mv${process.pid}n${nth}`, this.address);
    return pod;
  }

  /** Its programs must have ended. */
  async remove(): Promise<void> {
    for (const pod of this.#pods) await pod.remove();
    await run("ip", ["link", "delete", this.bridge]);
  }
}

export class Pod {
  constructor(
    readonly name: string,
    readonly ip: string,
    private readonly namespace: string,
  ) {}

  /** What stands before a command that is to run in the Pod. The process is the command's own. */
  get inside(): readonly string[] {
    return ["ip", "netns", "exec", this.namespace];
  }

  async create(bridge: string, link: string, gateway: string): Promise<void> {
    const { namespace } = this;
    await run("ip", ["netns", "add", namespace]);
    await run("ip", ["link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", namespace]);
    await run("ip", ["link", "set", link, "master", bridge, "up"]);
    await run("ip", ["-n", namespace, "address", "add", `${this.ip}/24`, "dev", "eth0"]);
    for (const device of ["lo", "eth0"]) await run("ip", ["-n", namespace, "link", "set", device, "up"]);
    await run("ip", ["-n", namespace, "route", "add", "default", "via", gateway]);
    await this.#redirect();
  }

  async remove(): Promise<void> {
    await run("ip", ["netns", "delete", this.namespace]);
  }

  async #redirect(): Promise<void> {
    const [command = "", ...args] = [...this.inside, "iptables-restore"];
    const child = spawn(command, args, { stdio: ["pipe", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (data) => (stderr += data));
    child.stdin.end(REDIRECTION);
    const [status] = await once(child, "close");
    if (status !== 0) throw new Error(`iptables-restore failed with status ${status}: ${stderr}`);
  }
}
