import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Of the namespace `prod`, as the tests of gateways write them. */
const METADATA = { namespace: "prod" };

/** Where a service is served. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** A service `NAME.example` with one port, whose name says what it speaks. */
export function serviceEntry(name: string, protocol: string, number: number, endpoints: readonly Endpoint[]): object {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name, ...METADATA },
    spec: {
      hosts: [`${name}.example`],
      ports: [{ number, name: protocol, protocol: "TCP" }],
      resolution: "STATIC",
      endpoints: endpoints.map(({ address, port }) => ({ address, ports: { [protocol]: port } })),
    },
  };
}

/** All calls to a service go to `DESTINATION.example`. Without gateways: those of sidecars. */
export function virtualService(name: string, host: string, destination: string, gateways?: readonly string[]): object {
  return {
    apiVersion: "networking.meltemi.io/v1alpha1",
    kind: "VirtualService",
    metadata: { name, ...METADATA },
    spec: {
      hosts: [host],
      ...(gateways && { gateways }),
      routes: [{ route: [{ destination: { host: `${destination}.example` } }] }],
    },
  };
}

/** A Gateway of Envoys whose label `app` is its name, with a server for each protocol. */
export function rpcGateway(name: string, ports: Readonly<Record<string, number>>): object {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "Gateway",
    metadata: { name, ...METADATA },
    spec: {
      selector: { app: name },
      servers: Object.entries(ports).map(([protocol, number]) => ({
        port: { number, name: protocol, protocol },
        hosts: ["*"],
      })),
    },
  };
}

/** Moved into place: the adapter must never read half of one. */
export async function writeResources(directory: string, name: string, resources: readonly object[]): Promise<void> {
  const text = resources.map((one) => `${JSON.stringify(one)}\n`).join("---\n");
  await writeFile(join(directory, `${name}.new`), text);
  await rename(join(directory, `${name}.new`), join(directory, `${name}.yaml`));
}
