import type { KubernetesApi } from "../kubernetes/api.js";
import type { LeaderElection } from "../kubernetes/leader-election.js";
import { OtherReplicas } from "../kubernetes/other-replicas.js";
import { ReplicaLease } from "../kubernetes/replica-lease.js";
import { StatusReporter } from "../kubernetes/status-reporter.js";
import { StatusWriter } from "../kubernetes/status-writer.js";
import type { Logger } from "../log/logger.js";
import { CONTROLLER } from "../resource/gateway-api/gateway.js";
import { groupAndVersion } from "../resource/kinds.js";
import type { KubernetesSource } from "../source/kubernetes/kubernetes-source.js";
import { formatReports } from "../status/rollout-report.js";
import type { Follower } from "./serve.js";

export interface ClusterStatusOptions {
  readonly api: KubernetesApi;
  readonly source: KubernetesSource;
  readonly leader: LeaderElection;
  /** Where the replicas' Leases are. */
  readonly namespace: string;
  /** Of this process, as no other one has it. */
  readonly identity: string;
  readonly log: Logger;
}

/** Has the status of the cluster's resources written, by this process while it leads. Who leads is told of the Envoys of all. */
export function clusterStatus({ api, source, leader, namespace, identity, log }: ClusterStatusOptions): Follower {
  const replica = { api, namespace, identity, log };
  const writer = new StatusWriter({
    api,
    leadership: leader,
    controller: CONTROLLER,
    seen: ({ apiVersion, kind, namespace = "", name }) =>
      source.status(groupAndVersion(apiVersion)[0], kind, namespace, name),
    log,
  });
  const others = new OtherReplicas({ ...replica, leadership: leader });
  let reporter: StatusReporter | undefined;
  let lease: ReplicaLease | undefined;
  return {
    begin: ({ events, nodes }) => {
      const streams = () =>
        nodes().map(({ id, namespace, synchronized, refused }) => {
          return { node: id, namespace, synchronized, rejection: refused[0] };
        });
      const reports = new StatusReporter({ writer, leader, others, nodes: streams });
      const told = new ReplicaLease({ ...replica, report: () => formatReports(reports.reports()) });
      reporter = reports;
      lease = told;
      for (const change of ["connected", "disconnected", "synchronized", "rejected"] as const) {
        events.on(change, () => {
          reports.changed();
          told.changed();
        });
      }
      leader.onLead(() => reports.changed());
      leader.start();
      others.start(() => reports.write());
    },
    served: (resources, judged, version, tenant) => {
      reporter?.served(resources, judged, version, tenant);
      lease?.changed();
    },
    end: async () => {
      reporter?.stop();
      await Promise.all([writer.stop(), others.stop(), lease?.stop()]);
      await leader.stop();
    },
  };
}
