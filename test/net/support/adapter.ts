import { formatAddress } from "../../../adapter/xds/address.js";
import { MAIN, Running, runToEnd } from "../../cli/support/meltemi.js";
import { ENVOY_ADMIN_PORT } from "./envoy.js";
import type { Host } from "./host.js";

const XDS_PORT = 18000;
const HTTP_PORT = 18080;
const ADMIN_PORT = 18081;

/** A control plane in a host, which others reach at all addresses that it has. */
export class Adapter {
  private constructor(
    private readonly host: Host,
    private readonly running: Running,
  ) {}

  /** `options`: of `meltemi adapter`, beside the addresses; where its resources are, at least. */
  static async start(host: Host, ...options: readonly string[]): Promise<Adapter> {
    const everywhere = host.ipv6 === undefined ? "0.0.0.0" : "::";
    const at = (port: number) => formatAddress({ ip: everywhere, port });
    const addresses = ["--xds", at(XDS_PORT), "--http", at(HTTP_PORT), "--admin", at(ADMIN_PORT)];
    const args = [MAIN, "adapter", ...addresses, "--wasm", "local", "--log-format", "json", ...options];
    const running = Running.start(args, process.env, host.inside);
    await running.firstLine();
    return new Adapter(host, running);
  }

  /** Where `meltemi status` and the tests ask. */
  get admin(): string {
    return formatAddress({ ip: this.host.ip, port: ADMIN_PORT });
  }

  get log(): string {
    return this.running.stderr;
  }

  /**
   * The bootstrap that `meltemi bootstrap` prints in a host, which tells of that machine's addresses. The adapter is named by an address
   * of a family that the host has.
   */
  async bootstrapOf(host: Host, node: string, ...options: readonly string[]): Promise<object> {
    const xds = (host.ipv4 === undefined ? undefined : this.host.ipv4) ?? this.host.ipv6;
    if (xds === undefined) throw new Error(`${host.name} has no address of a family that the adapter has`);
    const [command = "", ...args] = [...host.inside, process.execPath, MAIN, "bootstrap", "--node", node];
    const addresses = [
      ["--xds", formatAddress({ ip: xds, port: XDS_PORT })],
      ["--admin", formatAddress({ ip: host.ip, port: ENVOY_ADMIN_PORT })],
    ].flat();
    const { status, stdout, stderr } = await runToEnd(command, [...args, ...addresses, ...options]);
    if (status !== 0) throw new Error(`meltemi bootstrap: ${stderr}`);
    return JSON.parse(stdout) as object;
  }

  async stop(): Promise<void> {
    this.running.kill("SIGTERM");
    await this.running.closed;
  }
}
