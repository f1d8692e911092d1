import { serveTenants } from "../../adapter/cli/serve-tenants.js";
import type { Serving } from "../../adapter/cli/serving.js";
import { createLogger } from "../../adapter/log/logger.js";
import { type ControlPlane, startControlPlane } from "../../adapter/server/control-plane.js";
import type { TlsFiles } from "../../adapter/server/credentials.js";
import { DEFAULT_LIMITS, type TenantLimits } from "../../adapter/tenants/limits.js";
import type { World } from "./world.js";

const log = createLogger({ level: "silent" });
const FREE = { address: "127.0.0.1", port: 0 };

/** A control plane with tenants, and what leads from resources to it. */
export interface TenantControlPlane {
  readonly controlPlane: ControlPlane;
  readonly serving: Serving;
  /** Resolves when what there is is served, as far as nobody has changed too much. */
  serve(world: World): Promise<void>;
  close(): Promise<void>;
}

export async function startTenantControlPlane(
  world: World,
  limits: Partial<TenantLimits> = {},
  tls?: TlsFiles,
): Promise<TenantControlPlane> {
  const all = { ...DEFAULT_LIMITS, ...limits };
  let serving: Serving | undefined;
  const controlPlane = await startControlPlane({
    listen: [],
    code: { kind: "inline", bytes: Buffer.from("the filter") },
    xds: FREE,
    http: FREE,
    admin: FREE,
    tls,
    tenants: { maxStreams: all.streams, onUnknown: (namespace) => serving?.ask(namespace) },
    log,
  });
  const opened = serveTenants({ controlPlane, limits: all, log });
  serving = opened;
  opened.offer(world.state());
  await opened.settled();
  return {
    controlPlane,
    serving: opened,
    serve: async (world) => {
      opened.offer(world.state());
      await opened.settled();
    },
    close: async () => {
      await opened.close();
      await controlPlane.close();
    },
  };
}
