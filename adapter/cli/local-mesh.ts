import { drainEnvoy } from "../envoy/drain.js";
import { EnvoyProcess, ended } from "../envoy/envoy-process.js";
import { findEnvoy } from "../envoy/find-envoy.js";
import type { Logger } from "../log/logger.js";
import { recognise } from "../resource/recognise.js";
import { DirectorySource } from "../source/directory-source.js";
import type { TenantLimits } from "../tenants/limits.js";
import { formatAddress } from "../xds/address.js";
import type { BindAddress, Listen } from "../xds/bind.js";
import { buildBootstrap } from "../xds/bootstrap.js";
import { type Served, serve } from "./serve.js";
import { TENANT_PATIENCE_MS } from "./tenant-options.js";
import { readWasm } from "./wasm-option.js";

export interface LocalMeshOptions {
  readonly config: string;
  /** What `--envoy` says. */
  readonly envoy: string | undefined;
  readonly listen: readonly Listen[];
  readonly admin: BindAddress;
  readonly concurrency: number;
  /** Of the workload beside the Envoy. */
  readonly namespace?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Istio's. */
  readonly rootNamespace?: string;
  /** Every namespace is a tenant. */
  readonly tenants?: TenantLimits | undefined;
  readonly log: Logger;
  /** Where it is told that Envoy is being fetched. */
  readonly progress: Logger;
}

export interface RunningListener {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** An adapter and an Envoy that belong together, on this machine. */
export interface LocalMesh {
  readonly listeners: readonly RunningListener[];
  readonly admin: string;
  readonly xds: string;
  readonly http: string;
  /** The adapter's own. */
  readonly adapterAdmin: string;
  /** Fails when Envoy ends by itself. */
  readonly broken: Promise<never>;
  /** Takes no more connections, and waits until those that there are have ended in order, or the time is over. */
  drain(limit_ms: number): Promise<void>;
  stop(): Promise<void>;
}

const FREE_LOOPBACK: BindAddress = { ip: "127.0.0.1", port: 0 };

/** Resolves when calls can be made: Envoy has accepted the configuration, and its listeners listen. */
export async function startLocalMesh(options: LocalMeshOptions): Promise<LocalMesh> {
  const { config, listen, log } = options;
  const found = await findEnvoy({ flag: options.envoy, env: process.env, log: options.progress });
  log.info({ component: "envoy", path: found.path }, `running the Envoy of ${found.origin}`);
  const wasm = { kind: "inline", bytes: await readWasm() } as const;
  const adapter = await serve({
    source: new DirectorySource(config, recognise, options.tenants && TENANT_PATIENCE_MS),
    listen,
    wasm,
    xds: FREE_LOOPBACK,
    http: FREE_LOOPBACK,
    admin: FREE_LOOPBACK,
    tenants: options.tenants,
    ...(options.rootNamespace !== undefined && { rootNamespace: options.rootNamespace }),
    log,
  });
  try {
    return await startEnvoy(found.path, adapter, options);
  } catch (error) {
    await adapter.stop();
    throw error;
  }
}

async function startEnvoy(path: string, adapter: Served, options: LocalMeshOptions): Promise<LocalMesh> {
  const { ip, port } = adapter.xds;
  const envoy = await EnvoyProcess.start({
    path,
    bootstrap: buildBootstrap({
      node: { id: "meltemi-up", cluster: "meltemi", namespace: options.namespace, labels: options.labels },
      xds: { host: ip, port },
      admin: options.admin,
      mode: "delta",
    }),
    concurrency: options.concurrency,
    log: options.log.child({ component: "envoy" }),
  });
  const broken = envoy.exited.then((exit): never => {
    throw ended(exit);
  });
  // Somebody may look at it later than it happens.
  broken.catch(() => {});
  try {
    const [admin] = await Promise.race([Promise.all([envoy.ready(), adapter.controlPlane.synchronized()]), broken]);
    return {
      listeners: await runningListeners(admin),
      admin,
      xds: formatAddress(adapter.xds),
      http: formatAddress(adapter.http),
      adapterAdmin: formatAddress(adapter.admin),
      broken,
      drain: async (limit_ms) => {
        const log = options.log.child({ component: "envoy" });
        const failed = (cause: unknown) => log.warn({ err: cause }, "connections cannot be drained");
        adapter.endConnections().catch(failed);
        const left = await drainEnvoy(admin, limit_ms).catch(failed);
        if (left) log.warn({ connections: left }, "connections are cut: the drain time is over");
      },
      stop: async () => {
        await envoy.stop();
        await adapter.stop();
      },
    };
  } catch (error) {
    await envoy.stop();
    throw error;
  }
}

interface ListenerStatus {
  readonly name: string;
  readonly local_address: SocketAddress;
  readonly additional_local_addresses?: readonly SocketAddress[];
}

interface SocketAddress {
  readonly socket_address: { readonly address: string; readonly port_value: number };
}

/** What Envoy listens on, asked of itself: a port that was given as 0 is a real one there. */
async function runningListeners(admin: string): Promise<readonly RunningListener[]> {
  const response = await fetch(`http://${admin}/listeners?format=json`);
  const { listener_statuses = [] } = (await response.json()) as { listener_statuses?: readonly ListenerStatus[] };
  return listener_statuses.map(({ name, local_address, additional_local_addresses = [] }) => ({
    name,
    addresses: [local_address, ...additional_local_addresses].map(({ socket_address: { address, port_value } }) =>
      formatAddress({ ip: address, port: port_value }),
    ),
  }));
}
