import { checkFilterConfig } from "../evaluate/check-filter-config.js";
import { type Explanation, explain } from "../evaluate/explain.js";
import { loadFilter } from "../evaluate/filter-vm.js";
import { ANY, toExplainedFilterConfig } from "../filter-config/filter-config.js";
import { gatewayName, rpcListeners } from "../model/gateway.js";
import type { Mesh, OutboundListener, RoutePolicy } from "../model/model.js";
import { SERVICE_ATTRIBUTES } from "../model/protocols.js";
import { viewOf } from "../model/view.js";
import { check } from "../status/check.js";
import { checkTenants } from "../tenants/check-tenants.js";
import type { TranslatorOptions } from "../translate/translator.js";
import { readWasm } from "./wasm-option.js";

export interface Call {
  readonly protocol: string;
  /** As it stands in the message; empty: it names none. */
  readonly service: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Undefined: every port that has the service. */
  readonly port: number | undefined;
  /** Of the node that it comes through; undefined: whatever any node may see. */
  readonly namespace: string | undefined;
  /** `NAMESPACE/NAME` of the gateway that it comes in at; undefined: it is one of the mesh. */
  readonly gateway?: string | undefined;
}

export interface ExplainedListener {
  readonly port: number;
  readonly explanation: Explanation;
  /** What the route that it takes asks for besides. */
  readonly policy?: RoutePolicy | undefined;
}

export interface ExplainedCall {
  /** Those of the protocol that have the service, by port. */
  readonly listeners: readonly ExplainedListener[];
  /** All services of the protocol, to name them where the one asked for is not there. */
  readonly services: readonly string[];
  /** Errors in the directory. */
  readonly errors: number;
}

/** Reads the directory as the adapter would, and asks the filter what it does with the call. `apart`: every namespace is a tenant. */
export async function explainCall(
  directory: string,
  call: Call,
  rootNamespace: string,
  apart: boolean,
): Promise<ExplainedCall> {
  const { protocol, service, port, namespace, gateway } = call;
  const wasm = loadFilter(await readWasm());
  const options: TranslatorOptions = {
    checkFilterConfig: (protocol, config) => checkFilterConfig(wasm, protocol, config),
    rootNamespace,
  };
  const read = apart && namespace !== undefined ? await checkTenant(directory, options, namespace) : undefined;
  const { mesh: whole, problems } = read ?? (await check(directory, options));
  const mesh = namespace === undefined ? whole : viewOf(whole, { namespace, gateway: gateway !== undefined });
  const listeners = (gateway === undefined ? mesh.listeners : listenersAt(gateway, mesh)).filter((listener) => {
    return listener.protocol === protocol && (port === undefined || listener.port === port);
  });
  const attributes = { ...serviceAttribute(call, listeners), ...call.attributes };
  return {
    listeners: listeners.flatMap((listener) => {
      const config = toExplainedFilterConfig(listener);
      const has = config.virtual_hosts.some(({ services }) => services.includes(service) || services.includes(ANY));
      if (!has) return [];
      const explanation = explain(wasm, protocol, config, service, attributes);
      return [{ port: listener.port, explanation, policy: policyOf(listener, explanation) }];
    }),
    services: listeners.flatMap(({ virtualHosts }) => virtualHosts.flatMap(({ services }) => services)),
    errors: problems.filter(({ severity }) => severity === "error").length,
  };
}

/** Of the gateway with this name. */
function listenersAt(gateway: string, { edge = [] }: Mesh): readonly OutboundListener[] {
  return edge.filter((one) => gatewayName(one) === gateway).flatMap(rpcListeners);
}

async function checkTenant(directory: string, options: TranslatorOptions, namespace: string) {
  const { meshOf, problems } = await checkTenants(directory, options, namespace);
  return { mesh: meshOf(namespace) ?? { services: [], listeners: [] }, problems };
}

function policyOf({ virtualHosts }: OutboundListener, { virtualHost, route }: Explanation): RoutePolicy | undefined {
  const routes = virtualHosts.find(({ name }) => name === virtualHost)?.routes ?? [];
  return route && routes[route.index]?.policy;
}

function serviceAttribute(
  { protocol, service }: Call,
  [listener]: readonly OutboundListener[],
): Readonly<Record<string, string>> {
  const name = listener?.declared ? listener.declared.serviceAttribute : SERVICE_ATTRIBUTES[protocol];
  return name === undefined || service === "" ? {} : { [name]: service };
}
