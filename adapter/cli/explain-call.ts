import { checkFilterConfig } from "../evaluate/check-filter-config.js";
import { type Explanation, explain } from "../evaluate/explain.js";
import { loadFilter } from "../evaluate/filter-vm.js";
import { toExplainedFilterConfig } from "../filter-config/filter-config.js";
import { check } from "../status/check.js";
import { readWasm } from "./wasm-option.js";

export interface Call {
  readonly protocol: string;
  readonly service: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Undefined: every port that has the service. */
  readonly port: number | undefined;
}

export interface ExplainedListener {
  readonly port: number;
  readonly explanation: Explanation;
}

export interface ExplainedCall {
  /** Those of the protocol that have the service, by port. */
  readonly listeners: readonly ExplainedListener[];
  /** All services of the protocol, to name them where the one asked for is not there. */
  readonly services: readonly string[];
  /** Errors in the directory. */
  readonly errors: number;
}

/** The attribute that carries the service's name, by protocol. */
const SERVICE_ATTRIBUTES: Readonly<Record<string, string>> = { dubbo: "interface" };

const EVERY_SERVICE = "*";

/** Reads the directory as the adapter would, and asks the filter what it does with the call. */
export async function explainCall(directory: string, call: Call): Promise<ExplainedCall> {
  const { protocol, service, port } = call;
  const wasm = loadFilter(await readWasm());
  const { mesh, problems } = await check(directory, {
    checkFilterConfig: (protocol, config) => checkFilterConfig(wasm, protocol, config),
  });
  const listeners = mesh.listeners.filter((listener) => {
    return listener.protocol === protocol && (port === undefined || listener.port === port);
  });
  const attributes = { ...serviceAttribute(call), ...call.attributes };
  return {
    listeners: listeners
      .filter(({ virtualHosts }) =>
        virtualHosts.some(({ services }) => services.includes(service) || services.includes(EVERY_SERVICE)),
      )
      .map((listener) => ({
        port: listener.port,
        explanation: explain(wasm, protocol, toExplainedFilterConfig(listener), service, attributes),
      })),
    services: listeners.flatMap(({ virtualHosts }) => virtualHosts.flatMap(({ services }) => services)),
    errors: problems.filter(({ severity }) => severity === "error").length,
  };
}

function serviceAttribute({ protocol, service }: Call): Readonly<Record<string, string>> {
  const name = SERVICE_ATTRIBUTES[protocol];
  return name === undefined ? {} : { [name]: service };
}
