import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import { MeltemiError } from "../error/meltemi-error.js";
import type { Snapshot } from "../snapshot/snapshot.js";
import { RESOURCE_TYPES } from "../xds/resource.js";
import type { DiscoveryServer, ListenAddress } from "./discovery-server.js";

export interface HttpContent {
  readonly server: DiscoveryServer;
  readonly metrics: Registry;
}

type Answer = { readonly status: number; readonly type: string; readonly body: string };

/** Health, readiness, metrics, and what a node gets. */
export async function startHttp(
  { address, port }: ListenAddress,
  content: HttpContent,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const http = createServer((request, response) => void respond(request, response, content));
  await new Promise<void>((resolve, reject) => {
    http.once("listening", resolve);
    http.once("error", (cause) =>
      reject(
        new MeltemiError("CANNOT_LISTEN", `HTTP cannot be served on ${address}:${port}: ${cause.message}`, { cause }),
      ),
    );
    http.listen(port, address);
  });
  return { port: (http.address() as AddressInfo).port, close: () => close(http) };
}

async function respond(request: IncomingMessage, response: ServerResponse, content: HttpContent): Promise<void> {
  const { status, type, body } = await answer(new URL(request.url ?? "/", "http://localhost"), content);
  response.writeHead(status, { "content-type": type }).end(body);
}

async function answer(url: URL, { server, metrics }: HttpContent): Promise<Answer> {
  const node = url.searchParams.get("node") ?? "";
  const snapshot = server.snapshotFor(node);
  switch (url.pathname) {
    case "/healthz":
      return text(200, "ok");
    case "/readyz":
      return snapshot === undefined ? text(503, "there is no configuration to serve yet") : text(200, "ok");
    case "/metrics":
      return { status: 200, type: metrics.contentType, body: await metrics.metrics() };
    case "/debug/snapshot":
      return snapshot === undefined ? text(503, "there is no configuration to serve yet") : json(describe(snapshot));
    case "/debug/nodes":
      return json(server.nodes());
    default:
      return text(404, "there are /healthz, /readyz, /metrics, /debug/nodes and /debug/snapshot?node=ID");
  }
}

function describe(snapshot: Snapshot): object {
  const types = RESOURCE_TYPES.map((type) => {
    const { version, resources } = snapshot.types[type];
    return [type, { version, resources: [...resources.values()].map(({ version, json }) => ({ version, ...json })) }];
  });
  return { version: snapshot.version, ...Object.fromEntries(types) };
}

/** Code stands as its length. */
function json(value: object): Answer {
  // A Buffer has become an object by the time a replacer gets it; what it was stands in its holder.
  function readable(this: Record<string, unknown>, key: string, field: unknown): unknown {
    const original = this[key];
    return original instanceof Uint8Array ? `${original.length} bytes` : field;
  }
  return { status: 200, type: "application/json", body: `${JSON.stringify(value, readable, 2)}\n` };
}

function text(status: number, body: string): Answer {
  return { status, type: "text/plain; charset=utf-8", body: `${body}\n` };
}

async function close(http: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    http.close(() => resolve());
    http.closeAllConnections();
  });
}
