import { EnvoyProcess } from "../adapter/envoy/envoy-process.js";
import { findEnvoy } from "../adapter/envoy/find-envoy.js";
import { createLogger } from "../adapter/log/logger.js";
import type { JsonObject } from "../adapter/xds/json.js";

/** An Envoy that serves. */
export interface Envoy {
  readonly pid: number;
  readonly version: string;
  /** `127.0.0.1:PORT` of each listener. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Bytes that its heap holds. */
  allocatedBytes(): Promise<number>;
  /** Sets a runtime key for what begins from now on. */
  setRuntime(key: string, value: string): Promise<void>;
  stop(): Promise<void>;
}

/** One worker, so that its processor time is that of one loop. `flag` is what `--envoy` says. */
export async function startEnvoy(flag: string | undefined, bootstrap: JsonObject): Promise<Envoy> {
  const log = createLogger({ format: "text", level: "error" });
  const { path } = await findEnvoy({ flag, env: process.env, log: createLogger({ format: "text" }) });
  const envoy = await EnvoyProcess.start({ path, bootstrap, concurrency: 1, log });
  try {
    const admin = `http://${await envoy.ready()}`;
    // dubbo_proxy writes an error for each route that does not match a call: in its favour, it is not let.
    await fetch(`${admin}/logging?dubbo=off`, { method: "POST" });
    return {
      pid: envoy.pid,
      version: await serverVersion(admin),
      addresses: await listenerAddresses(admin),
      allocatedBytes: async () => {
        const answer = await fetch(`${admin}/memory`);
        return Number(((await answer.json()) as { allocated: string }).allocated);
      },
      setRuntime: async (key, value) => {
        const { ok, status } = await fetch(`${admin}/runtime_modify?${key}=${value}`, { method: "POST" });
        if (!ok) throw new Error(`Envoy does not set ${key}: ${status}`);
      },
      stop: async () => {
        await envoy.stop();
      },
    };
  } catch (error) {
    await envoy.stop();
    throw error;
  }
}

interface ListenerStatuses {
  listener_statuses: { name: string; local_address: { socket_address: { address: string; port_value: number } } }[];
}

async function listenerAddresses(admin: string): Promise<Map<string, string>> {
  const answer = await fetch(`${admin}/listeners?format=json`);
  const { listener_statuses } = (await answer.json()) as ListenerStatuses;
  return new Map(
    listener_statuses.map(({ name, local_address: { socket_address } }) => [
      name,
      `${socket_address.address}:${socket_address.port_value}`,
    ]),
  );
}

/** Of `1a2b…/1.40.0/Clean/RELEASE/BoringSSL`. */
async function serverVersion(admin: string): Promise<string> {
  const answer = await fetch(`${admin}/server_info`);
  const { version } = (await answer.json()) as { version: string };
  return version.split("/")[1] ?? version;
}
