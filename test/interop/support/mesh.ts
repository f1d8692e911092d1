import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Program } from "./program.js";

const CLI = fileURLToPath(new URL("../../../dist/adapter/cli/main.js", import.meta.url));
/** More than one: then each has its own copy of the filter. */
const WORKERS = 2;

/** Ports of the two versions of the service. */
export interface VersionPorts {
  readonly v1: number;
  readonly v2: number;
}

/** What stands before them. */
export interface MeshConfig {
  readonly protocol: string;
  /** Files of resources by name. */
  readonly files: (ports: VersionPorts) => Readonly<Record<string, string>>;
}

/** What stands before them where nothing else is said. */
export const DUBBO: MeshConfig = {
  protocol: "dubbo",
  files: (ports) => ({ "services.yaml": services(ports), "routes.yaml": routes("v2") }),
};

/** `meltemi up` before two versions of the service: user=jason goes to v2, all others but a few calls to v1. */
export class Mesh {
  private constructor(
    readonly program: Program,
    /** Where consumers connect. */
    readonly address: string,
    private readonly admin: string,
    private readonly directory: string,
  ) {}

  static async start(envoy: string, ports: VersionPorts, { protocol, files } = DUBBO): Promise<Mesh> {
    const directory = await mkdtemp(join(tmpdir(), "meltemi-interop-"));
    for (const [name, text] of Object.entries(files(ports))) await writeFile(join(directory, name), text);
    const where = ["--config", directory, "--envoy", envoy, "--listen", `${protocol}=127.0.0.1:0`];
    const args = ["up", ...where, "--concurrency", String(WORKERS), "--log-format", "text"];
    const program = new Program("meltemi up", process.execPath, [CLI, ...args]);
    const ready = await program.line("ready ");
    const [, listener, admin] = / outbound_\w+=(\S+) admin=(\S+)/.exec(ready) ?? [];
    if (listener === undefined || admin === undefined) throw new Error(`no addresses in "${ready}"`);
    return new Mesh(program, listener, admin, directory);
  }

  /** Changes where jason goes. Calls on connections that exist follow soon. */
  async routeJasonTo(version: "v1" | "v2"): Promise<void> {
    await writeFile(join(this.directory, "routes.tmp"), routes(version));
    await rename(join(this.directory, "routes.tmp"), join(this.directory, "routes.yaml"));
  }

  /** Client connections that the listener has accepted. */
  connections(): Promise<number> {
    return this.stat("^listener\\.outbound_[^.]*\\.downstream_cx_total$");
  }

  /** Tunnels opened to the providers: each is a connection of its own. */
  tunnels(): Promise<number> {
    return this.stat("^cluster\\.outbound.*\\.example.*\\.upstream_cx_total$");
  }

  /** Calls of `method` that `version` has answered so, as the filter counts them (it tells Envoy once a second). */
  calls(method: string, version: string, status = "20"): Promise<number> {
    return this.stat(`meltemi_requests_total;.*;method=${method};cluster=outbound.*${version}.*;status=${status}$`);
  }

  /** Traps of the filter, each of which costs all connections. */
  traps(): Promise<number> {
    return this.stat("^wasm\\..*(crash|vm_reload)");
  }

  /** The sum of Envoy's counters whose names match. */
  async stat(pattern: string): Promise<number> {
    const response = await fetch(`${this.admin}/stats?format=json&filter=${encodeURIComponent(pattern)}`);
    const { stats } = (await response.json()) as { stats: { value?: number }[] };
    return stats.reduce((sum, { value }) => sum + (value ?? 0), 0);
  }

  async stop(): Promise<void> {
    await this.program.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

const services = ({ v1, v2 }: VersionPorts): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: greeter, namespace: interop }
spec:
  hosts: [ greeter.example ]
  location: MESH_INTERNAL
  resolution: STATIC
  ports:
  - { number: 20880, name: dubbo, protocol: TCP }
  endpoints:
  - { address: 127.0.0.1, ports: { dubbo: ${v1} }, labels: { version: v1 } }
  - { address: 127.0.0.1, ports: { dubbo: ${v2} }, labels: { version: v2 } }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: greeter, namespace: interop }
spec:
  host: greeter.example
  subsets:
  - { name: v1, labels: { version: v1 } }
  - { name: v2, labels: { version: v2 } }
`;

const routes = (jason: "v1" | "v2"): string => `
apiVersion: networking.meltemi.io/v1alpha1
kind: VirtualService
metadata: { name: greeter, namespace: interop }
spec:
  hosts: [ io.meltemi.interop.api.GreeterService ]
  protocol: dubbo
  routes:
  - name: jason
    match:
    - attributes: { user: { exact: jason } }
    route:
    - destination: { host: greeter.example, subset: ${jason}, port: { number: 20880 } }
  - name: by-expression
    match:
    - attributes: { user: { regex: "canary-[0-9]+" } }
    route:
    - destination: { host: greeter.example, subset: v2, port: { number: 20880 } }
  - name: by-text
    match:
    - attributes: { user: { exact: "é 书 😀" } }
    route:
    - destination: { host: greeter.example, subset: v2, port: { number: 20880 } }
  - name: by-version-and-method
    match:
    - attributes: { version: { exact: 2.0.0 }, method: { exact: whoAmI } }
    route:
    - destination: { host: greeter.example, subset: v2, port: { number: 20880 } }
  - name: by-group
    match:
    - attributes: { group: { exact: blue }, user: { prefix: blue- } }
    route:
    - destination: { host: greeter.example, subset: v2, port: { number: 20880 } }
  - name: default
    route:
    - destination: { host: greeter.example, subset: v1, port: { number: 20880 } }
---
apiVersion: networking.meltemi.io/v1alpha1
kind: VirtualService
metadata: { name: plain, namespace: interop }
spec:
  hosts: [ io.meltemi.interop.api.PlainService ]
  protocol: dubbo
  routes:
  - name: default
    route:
    - destination: { host: greeter.example, subset: v1, port: { number: 20880 } }
`;
