import { type LocalMesh, startLocalMesh } from "../cli/local-mesh.js";
import { toldToEnd } from "../cli/serving-options.js";
import { createLogger } from "../log/logger.js";
import { ReviewClient } from "./client.js";
import { demoConfig, PORTS } from "./demo-config.js";
import { isFree } from "./free-port.js";
import { prove } from "./proof.js";
import { type Provider, startProvider } from "./provider.js";

/** Dubbo's usual port, where the demo's clients connect; a free one if it is taken. */
const LISTENER_PORT = 20880;

/** `npm start [-- --once]`: two versions of a service, Envoy before them, calls on one connection, and who answered. */
async function main(once: boolean): Promise<number> {
  const log = createLogger({ format: "text", level: "error" });
  // That Envoy is being fetched is no error, and has to be seen.
  const progress = createLogger({ format: "text", level: "info" });
  const providers = await Promise.all(Object.entries(PORTS).map(([version, port]) => startProvider(version, port)));
  const config = await demoConfig(providers);
  const port = (await isFree(LISTENER_PORT)) ? LISTENER_PORT : 0;
  const mesh = await startLocalMesh({
    config: config.directory,
    envoy: undefined,
    listen: [{ protocol: "dubbo", addresses: [{ ip: "127.0.0.1", port }] }],
    admin: { ip: "127.0.0.1", port: 0 },
    concurrency: 1,
    log,
    progress,
  });
  try {
    const proven = await showProof(mesh);
    if (once) return proven ? 0 : 1;
    tellHowToGoOn(mesh, config.directory, providers);
    await Promise.race([toldToEnd(), mesh.broken]);
    return 0;
  } finally {
    await mesh.stop();
    await Promise.all(providers.map((provider) => provider.stop()));
    await config.remove();
  }
}

/** Prints the table; true if every call was answered as it should be, on one connection. */
async function showProof(mesh: LocalMesh): Promise<boolean> {
  const { table, calls, wrong } = await prove(new ReviewClient(listenerAddress(mesh)));
  const connections = await clientConnections(mesh.admin);
  console.log(`\n${table}\n`);
  console.log(
    `${calls - wrong} of ${calls} calls were answered as expected, on ${connections} connection${connections === 1 ? "" : "s"} (by Envoy's count).`,
  );
  return wrong === 0 && connections === 1;
}

function listenerAddress(mesh: LocalMesh): string {
  return mesh.listeners[0]?.addresses[0] as string;
}

/** Client connections that Envoy's listeners have accepted. */
async function clientConnections(admin: string): Promise<number> {
  const filter = encodeURIComponent("^listener\\.outbound_[^.]+\\.downstream_cx_total$");
  const response = await fetch(`http://${admin}/stats?format=json&filter=${filter}`);
  const { stats } = (await response.json()) as { stats: { name?: string; value?: number }[] };
  return stats.reduce((sum, { value }) => sum + (value ?? 0), 0);
}

function tellHowToGoOn(mesh: LocalMesh, config: string, providers: readonly Provider[]): void {
  const address = listenerAddress(mesh);
  console.log(`
It stays up until Ctrl-C:
  Dubbo clients connect to   ${address}
  the service itself         ${providers.map(({ version, port }) => `${version} at 127.0.0.1:${port}`).join(", ")}
  Envoy's admin interface    http://${mesh.admin}
  the adapter                http://${mesh.http}, xDS at ${mesh.xds}

Try in another terminal:
  node dist/adapter/demo/call.js ${address} user=jason
  npx meltemi explain --config ${config} --protocol dubbo --service demo.ReviewService --attribute user=jason
  curl -s http://${mesh.admin}/stats/prometheus | grep meltemi_requests_total
or change ${config}/routes.yaml, save it, and call again.
`);
}

try {
  // The client's library keeps its connection open for ever: the process is ended.
  process.exit(await main(process.argv.includes("--once")));
} catch (error) {
  console.error(`✗ ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
