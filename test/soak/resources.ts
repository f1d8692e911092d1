import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FAULTY, faultyService, HEALTHY, NOWHERE, USERS, VERSIONS, type Version } from "./services.js";

const PORT = 20880;

/** An endpoint of the healthy service. */
export interface Endpoint {
  readonly name: string;
  readonly version: Version;
  readonly port: number;
}

/** What the directory says of users: whose calls go to which version. */
export type Table = ReadonlyMap<string, Version>;

/** The directory of resources, which the soak rewrites and the control plane follows. JSON is YAML. */
export class Resources {
  private generation = 0;

  constructor(readonly directory: string) {}

  async writeHealthy(endpoints: readonly Endpoint[]): Promise<void> {
    const entry = serviceEntry(
      HEALTHY.host,
      endpoints.map(({ port, version }) => ({ port, labels: { version } })),
    );
    const rule = {
      apiVersion: "networking.istio.io/v1",
      kind: "DestinationRule",
      metadata: { name: "healthy", namespace: "soak" },
      spec: { host: HEALTHY.host, subsets: VERSIONS.map((version) => ({ name: version, labels: { version } })) },
    };
    await this.write("healthy.yaml", [entry, rule]);
  }

  /** `ports` by behaviour. */
  async writeFaulty(ports: ReadonlyMap<string, number>): Promise<void> {
    const documents = [...FAULTY.map(({ behaviour }) => behaviour), ...NOWHERE].flatMap((name) => {
      const { service, host } = faultyService(name);
      const port = ports.get(name);
      return [
        serviceEntry(host, port === undefined ? [] : [{ port, labels: {} }]),
        virtualService(name, [service], [route("all", host)]),
      ];
    });
    await this.write("faulty.yaml", documents);
  }

  /** Returns the name of a route that no table had before: where it is found, this table is. */
  async writeRoutes(table: Table): Promise<string> {
    const marker = `generation-${++this.generation}`;
    await this.write("routes.yaml", [virtualService("healthy", [HEALTHY.service], routesOf(table, marker))]);
    return marker;
  }

  /** The same table spoilt: the last good one has to stay in force. */
  async writeBadRoutes(table: Table, fault: "regex" | "field" | "yaml"): Promise<void> {
    const routes = routesOf(table, `generation-${++this.generation}`);
    const bad = { attributes: { user: fault === "regex" ? { regex: "(" } : { exakt: "x" } } };
    const spoilt = { ...route("bad", HEALTHY.host, "v1"), match: [bad] };
    const text = JSON.stringify(virtualService("healthy", [HEALTHY.service], [spoilt, ...routes]));
    await this.writeText("routes.yaml", fault === "yaml" ? `${text.slice(0, -20)}: [` : text);
  }

  private async write(file: string, documents: readonly object[]): Promise<void> {
    await this.writeText(file, documents.map((document) => JSON.stringify(document)).join("\n---\n"));
  }

  private async writeText(file: string, text: string): Promise<void> {
    const path = join(this.directory, file);
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  }
}

function routesOf(table: Table, marker: string): object[] {
  const routes = USERS.map((user) => ({
    ...route(user, HEALTHY.host, table.get(user)),
    match: [{ attributes: { user: { exact: user } } }],
  }));
  return [...routes, route(marker, HEALTHY.host, "v1")];
}

function route(name: string, host: string, subset?: Version): object {
  return {
    name,
    route: [{ destination: { host, ...(subset !== undefined && { subset }), port: { number: PORT } } }],
  };
}

function virtualService(name: string, hosts: readonly string[], routes: readonly object[]): object {
  return {
    apiVersion: "networking.meltemi.io/v1alpha1",
    kind: "VirtualService",
    metadata: { name, namespace: "soak" },
    spec: { hosts, protocol: "dubbo", routes },
  };
}

function serviceEntry(host: string, endpoints: readonly { port: number; labels: object }[]): object {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: host.replaceAll(".", "-"), namespace: "soak" },
    spec: {
      hosts: [host],
      ports: [{ number: PORT, name: "dubbo", protocol: "TCP" }],
      resolution: "STATIC",
      endpoints: endpoints.map(({ port, labels }) => ({ address: "127.0.0.1", ports: { dubbo: port }, labels })),
    },
  };
}
