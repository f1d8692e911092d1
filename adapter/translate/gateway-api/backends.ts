import { sees } from "../../model/exports.js";
import { isHttp } from "../../model/http.js";
import type { RouteKind } from "../../resource/gateway-api/gateway.js";
import type { ObjectRef } from "../../resource/gateway-api/references.js";
import { ISTIO_GROUP } from "../../resource/kinds.js";
import { suggestion } from "../../resource/near.js";
import type { FieldPath } from "../../status/field-path.js";
import { exportsOf } from "../exports.js";
import { describePorts, type ServiceDraft, type ServiceIndex } from "../service-index.js";
import type { IsGranted } from "./grants.js";

/** What a reference leads to. */
export interface Backend {
  readonly host: string;
  readonly port: number;
}

/** Why it leads nowhere: with a reason of the API's. */
export interface BadBackend {
  readonly reason: "RefNotPermitted" | "InvalidKind" | "BackendNotFound" | "UnsupportedProtocol";
  readonly path: FieldPath;
  readonly message: string;
}

export interface BackendFinder {
  readonly services: ServiceIndex;
  readonly isGranted: IsGranted;
  /** What a port speaks; undefined: that is not said. */
  readonly spoken: (host: string, port: number) => string | undefined;
}

/** `from` is who refers to it. `requests`: it is to take HTTP's requests. */
export function findBackend(
  ref: ObjectRef,
  from: RouteKind & { readonly namespace: string },
  requests: boolean,
  { services, isGranted, spoken }: BackendFinder,
): Backend | BadBackend {
  const { path, group, kind, namespace = from.namespace, name, port } = ref;
  const bad = (reason: BadBackend["reason"], field: string | undefined, message: string): BadBackend => {
    return { reason, path: field === undefined ? path : [...path, field], message };
  };
  const isService = (group === "" || group === "core") && kind === "Service";
  // Istio's way to name what is no Kubernetes Service: a host of a ServiceEntry.
  const isHost = group === ISTIO_GROUP && kind === "Hostname";
  if (!isService && !isHost) {
    return bad(
      "InvalidKind",
      "kind",
      `${kind} of ${group || "core"}: requests go to a Service, or to a Hostname of ${ISTIO_GROUP}`,
    );
  }
  if (isService && !isGranted(from, { group: "", kind, namespace, name })) {
    return bad(
      "RefNotPermitted",
      "namespace",
      `no ReferenceGrant of ${namespace} lets ${from.kind}s of ${from.namespace} refer to it`,
    );
  }
  const host = isHost ? name : `${name}.${namespace}.svc.cluster.local`;
  const service = services.get(host);
  if (service === undefined) {
    return bad("BackendNotFound", "name", `no service has the host ${host}${suggestion(host, services.hosts)}`);
  }
  if (!sees(from.namespace, exportsOf(service.by))) {
    return bad("BackendNotFound", "name", `${host} is not exported to the namespace ${from.namespace}`);
  }
  const found = port === undefined ? onlyPort(service) : service.ports.find(({ number }) => number === port)?.number;
  if (found === undefined) {
    const what = port === undefined ? "port is needed here" : `${host} has no port ${port}`;
    return bad("BackendNotFound", "port", `${what}; its ports are ${describePorts(service)}`);
  }
  const protocol = spoken(host, found);
  if (requests && protocol !== undefined && !isHttp(protocol)) {
    return bad("UnsupportedProtocol", "port", `port ${found} of ${host} speaks ${protocol}, and no HTTP`);
  }
  return { host, port: found };
}

export function isBad(backend: Backend | BadBackend): backend is BadBackend {
  return "reason" in backend;
}

function onlyPort({ ports }: ServiceDraft): number | undefined {
  return ports.length === 1 ? ports[0]?.number : undefined;
}
