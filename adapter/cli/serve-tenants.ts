import type { Logger } from "../log/logger.js";
import type { ControlPlane } from "../server/control-plane.js";
import type { TenantLimits } from "../tenants/limits.js";
import { type TenantMesh, Tenants } from "../tenants/tenants.js";
import type { CheckFilterConfig } from "../translate/filter-refusal.js";
import { ProblemLog } from "./problem-log.js";
import type { Follower, ServeOptions } from "./serve.js";
import { type Serving, withEndingConnections } from "./serving.js";

export interface ServeTenantsOptions {
  readonly controlPlane: ControlPlane;
  readonly limits: TenantLimits;
  readonly checkFilterConfig?: CheckFilterConfig;
  readonly rootNamespace?: string | undefined;
  readonly judge?: ServeOptions["judge"];
  readonly follower?: Follower | undefined;
  readonly log: Logger;
}

/** Each namespace's mesh to its own nodes. */
export function serveTenants(options: ServeTenantsOptions): Serving {
  const { controlPlane, limits, checkFilterConfig, rootNamespace, follower, log } = options;
  const { judge = (problems) => problems } = options;
  const problemLogs = new Map<string, ProblemLog>();
  const problemLog = (namespace: string): ProblemLog => {
    const known = problemLogs.get(namespace) ?? new ProblemLog(log.child({ component: "config", namespace }));
    problemLogs.set(namespace, known);
    return known;
  };
  let served: ReadonlyMap<string, TenantMesh> = new Map();
  let isComplete = false;
  const publish = (): void => {
    const outcomes = controlPlane.setTenants(served);
    for (const [namespace, { version, problems: serving }] of outcomes) {
      const tenant = served.get(namespace);
      if (tenant === undefined) continue;
      const { problems: found, mesh, resources, visible } = tenant;
      const problems = judge(found, visible, mesh);
      problemLog(namespace).update(problems, serving);
      follower?.served(resources, { problems, statuses: [] }, version, namespace);
    }
    for (const [namespace, gone] of problemLogs) {
      if (served.has(namespace)) continue;
      gone.update([], []);
      problemLogs.delete(namespace);
      follower?.served([], { problems: [], statuses: [] }, "", namespace);
    }
  };
  const tenants = new Tenants({
    translator: { rootNamespace, ...(checkFilterConfig && { checkFilterConfig }) },
    limits,
    onMeshes: (meshes) => {
      served = meshes;
      // A node that comes meanwhile waits: what its namespace has may not have been read.
      if (isComplete) publish();
    },
  });
  return {
    offer: (state) => tenants.offer(state),
    settled: async () => {
      await tenants.settled();
      // Closed before it was read, there is nothing to serve.
      if (served.size === 0) return;
      isComplete = true;
      publish();
    },
    ask: (namespace) => tenants.ask(namespace),
    end: async () => {
      await tenants.close();
      const ending = [...served].map(([namespace, one]) => {
        return [namespace, { ...one, mesh: withEndingConnections(one.mesh) }] as const;
      });
      controlPlane.setTenants(new Map(ending));
    },
    close: () => tenants.close(),
  };
}
