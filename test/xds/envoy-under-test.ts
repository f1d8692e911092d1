import { type AddressInfo, createServer } from "node:net";
import { EnvoyProcess } from "../../adapter/envoy/envoy-process.js";
import { createLogger } from "../../adapter/log/logger.js";
import type { Mesh } from "../../adapter/model/model.js";
import { type ControlPlane, startControlPlane } from "../../adapter/server/control-plane.js";
import { buildBootstrap } from "../../adapter/xds/bootstrap.js";
import type { WasmCode } from "../../adapter/xds/extension-configs.js";

const log = createLogger({ level: "silent" });

/** At which the listener is. */
type Ips = readonly [string, ...string[]];

/** A real Envoy behind a real control plane. */
export class EnvoyUnderTest {
  /** What was sent ("+CDS") and what was accepted ("CDS") since the last `serve`, in order. */
  steps: string[] = [];

  private constructor(
    public controlPlane: ControlPlane,
    private readonly envoy: EnvoyProcess,
    private readonly code: WasmCode,
    private readonly admin: string,
    readonly listenerPort: number,
    private readonly ips: Ips,
    private readonly protocol: string,
  ) {
    this.#watch();
  }

  static async start(
    path: string,
    mode: "delta" | "sotw",
    code: WasmCode,
    mesh: Mesh,
    concurrency = 1,
    ips: Ips = ["127.0.0.1"],
    protocol = "dubbo",
  ): Promise<EnvoyUnderTest> {
    const listenerPort = await freePort();
    const controlPlane = await startPlane(0, listenerPort, code, ips, protocol);
    controlPlane.setMesh(mesh);
    const bootstrap = buildBootstrap({
      node: { id: "node-1", cluster: "test" },
      xds: { host: "127.0.0.1", port: controlPlane.xdsPort },
      admin: { ip: "127.0.0.1", port: 0 },
      mode,
    });
    const envoy = await EnvoyProcess.start({ path, bootstrap, concurrency, log });
    await controlPlane.synchronized();
    return new EnvoyUnderTest(controlPlane, envoy, code, await envoy.ready(), listenerPort, ips, protocol);
  }

  /** Serves a mesh and waits until Envoy has accepted all of it. */
  async serve(mesh: Mesh): Promise<readonly string[]> {
    this.steps = [];
    const { problems } = this.controlPlane.setMesh(mesh);
    if (problems.length > 0) throw new Error(problems.join("\n"));
    await this.controlPlane.synchronized();
    return this.steps;
  }

  /** Another control plane takes over at the same address. */
  async restartControlPlane(mesh: Mesh, code = this.code): Promise<readonly string[]> {
    const port = this.controlPlane.xdsPort;
    await this.controlPlane.close();
    this.controlPlane = await startPlane(port, this.listenerPort, code, this.ips, this.protocol);
    this.#watch();
    return await this.serve(mesh);
  }

  async get(path: string): Promise<unknown> {
    return await (await fetch(`http://${this.admin}${path}`)).json();
  }

  async stat(name: string): Promise<number | undefined> {
    const { stats } = (await this.get("/stats?format=json")) as { stats: { name?: string; value: number }[] };
    return stats.find((stat) => stat.name === name)?.value;
  }

  async clusters(): Promise<readonly string[]> {
    const { cluster_statuses } = (await this.get("/clusters?format=json")) as { cluster_statuses: { name: string }[] };
    return cluster_statuses.map(({ name }) => name).sort();
  }

  async stop(): Promise<void> {
    await this.envoy.stop();
    await this.controlPlane.close();
  }

  #watch(): void {
    const { events } = this.controlPlane;
    events.on("pushed", (_node, type, { resources, removed }) => {
      if (resources.length + removed.length > 0) this.steps.push(`+${type}`);
    });
    events.on("acknowledged", (_node, type) => this.steps.push(type));
  }
}

async function startPlane(
  port: number,
  listenerPort: number,
  code: WasmCode,
  ips: Ips,
  protocol: string,
): Promise<ControlPlane> {
  const [first, ...others] = ips;
  const at = (ip: string) => ({ ip, port: listenerPort });
  return await startControlPlane({
    xds: { address: "127.0.0.1", port },
    listen: [{ protocol, addresses: [at(first), ...others.map(at)] }],
    code,
    log,
  });
}

/** A port that was free a moment ago. Envoy cannot say which one it took where it is told 0. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
