import { Command } from "commander";
import { createLogger } from "../log/logger.js";
import type { BindAddress, Listen } from "../xds/bind.js";
import { formatAddress, parseBindAddress, parseListen } from "./address.js";
import { EXIT_CODE_HELP } from "./exit-code.js";
import { requireDirectory } from "./require-directory.js";
import { type ServingOptions, toldToEnd, withServingOptions } from "./serving-options.js";
import { parseWasmOption } from "./wasm-option.js";

interface Options extends ServingOptions {
  readonly xds: BindAddress;
  readonly http: BindAddress;
  readonly listen?: readonly Listen[];
  readonly wasm: string;
  readonly wasmCluster?: string;
}

const EXAMPLES = `
How the filter's code comes to Envoy (--wasm):
  inline          inside the configuration: always works, 60 KB with each change of the routes
  local           as the file of this installation, for an Envoy on this machine
  file:/path      as a file that is on every node under this path
  https://…       fetched by the node through the cluster of its bootstrap that --wasm-cluster names; it must be
                  this installation's file, whose SHA-256 is sent along

On the HTTP address: /healthz, /readyz, /metrics, /debug/nodes, /debug/snapshot.

When it serves, one line is printed on stdout:
  ready xds=127.0.0.1:18000 http=http://127.0.0.1:18080

Examples:
  meltemi adapter --config ./config --xds 127.0.0.1:18000 --http 127.0.0.1:18080
  meltemi adapter --config /etc/meltemi --xds 0.0.0.0:18000 --http 0.0.0.0:18080 --listen dubbo=0.0.0.0:20880
${EXIT_CODE_HELP}`;

export function adapterCommand(): Command {
  return withServingOptions(new Command("adapter").description("run the control plane alone, until Ctrl-C"))
    .requiredOption("--xds <address:port>", "where Envoys ask for their configuration", parseBindAddress)
    .requiredOption("--http <address:port>", "where the adapter tells of itself", parseBindAddress)
    .option(
      "--listen <protocol=address:port>",
      "where the Envoys' clients connect; may be repeated (default: every protocol on 127.0.0.1, on its services' own ports)",
      parseListen,
    )
    .option("--wasm <how>", "how the filter's code comes to Envoy", "inline")
    .option("--wasm-cluster <name>", "cluster of the node's bootstrap through which it fetches the filter's code")
    .addHelpText("after", EXAMPLES)
    .action(serve);
}

async function serve(options: Options): Promise<void> {
  const { config, xds, http, listen = [], wasm, wasmCluster, logLevel, logFormat } = options;
  const log = createLogger({ level: logLevel, format: logFormat });
  const end = toldToEnd();
  await requireDirectory(config);
  const code = await parseWasmOption(wasm, wasmCluster);
  const { serveDirectory } = await import("./serve-directory.js");
  const adapter = await serveDirectory({ config, listen, xds, http, wasm: code, log });
  process.stdout.write(`ready xds=${formatAddress(adapter.xds)} http=http://${formatAddress(adapter.http)}\n`);
  await end;
  await adapter.stop();
}
