import { fileURLToPath } from "node:url";
import { formatAddress } from "../../../../adapter/xds/address.js";
import { Program } from "../../../interop/support/program.js";
import { shopTier } from "../../../interop/support/programs.js";
import type { Host } from "../../support/host.js";
import type { Addresses } from "../../support/plane.js";

/** Where all programs of the shop serve. */
export const DUBBO_PORT = 20880;
export const HTTP_PORT = 8080;

const TIER = fileURLToPath(new URL("tier.mjs", import.meta.url));

/** One machine with one version of a service, over HTTP and over Dubbo. */
export class Machine {
  constructor(
    readonly host: Host,
    readonly namespace: string,
    readonly labels: { readonly app: string; readonly version: string },
  ) {}

  /** By which it answers: `shop/stock-v0-0-1`. */
  get name(): string {
    return `${this.namespace}/${this.labels.app}-${this.labels.version}`;
  }

  /** `next`: the service that it calls, at its addresses; undefined: none. */
  async run(next: { readonly app: string; readonly addresses: Addresses } | undefined): Promise<void> {
    const { ipv4, ipv6 } = next?.addresses ?? {};
    const behind = ipv4 !== undefined && ipv6 !== undefined ? [ipv4, ipv6] : [];
    const args = [...this.host.inside, process.execPath, TIER, this.name, String(HTTP_PORT), ...behind];
    const [command = "", ...rest] = args;
    const http = new Program(`${this.name} of HTTP`, command, rest);
    const [at4 = "", at6 = ""] = behind.map((ip) => formatAddress({ ip, port: DUBBO_PORT }));
    const options = next === undefined ? [] : ["--next", next.app, "--ipv4", at4, "--ipv6", at6];
    const of = ["--tier", this.labels.app, "--node", this.name, "--port", String(DUBBO_PORT), "--listen", "::"];
    const dubbo = shopTier([...of, ...options], this.host.inside);
    await Promise.all([http.line("READY"), dubbo.line("READY")]);
  }

  /** Requests of HTTP so far. */
  async served(): Promise<number> {
    const url = `http://${formatAddress({ ip: this.host.ip, port: HTTP_PORT })}/served`;
    return Number(await (await fetch(url)).text());
  }
}
