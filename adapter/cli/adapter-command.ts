import { Command, Option } from "commander";
import type { Leadership } from "../kubernetes/leader-election.js";
import { createLogger, type Logger } from "../log/logger.js";
import type { Mesh } from "../model/model.js";
import { formatAddress } from "../xds/address.js";
import type { BindAddress, Listen } from "../xds/bind.js";
import type { WasmCode } from "../xds/extension-configs.js";
import { DEFAULT_ADMIN, type HostPort, parseBindAddress, parseHostPort, parseListen } from "./address.js";
import { EXIT_CODE_HELP } from "./exit-code.js";
import { type MeshOptions, withMeshOptions } from "./mesh-options.js";
import { type ServingOptions, toldToEnd, withServingOptions } from "./serving-options.js";
import { openSource, type SourceOptions, withSourceOptions } from "./source-options.js";
import {
  refuseWithIstio,
  TENANT_PATIENCE_MS,
  TENANTS_HELP,
  type TenantOptions,
  tenantLimits,
  withTenantOptions,
} from "./tenant-options.js";
import { parseWasmOption } from "./wasm-option.js";
import { sidecarTls, withXdsTlsOptions, type XdsTlsOptions, xdsTls } from "./xds-tls-options.js";

interface Options extends ServingOptions, SourceOptions, MeshOptions, TenantOptions, XdsTlsOptions {
  readonly xds: BindAddress;
  readonly http: BindAddress;
  readonly admin: BindAddress;
  readonly listen?: readonly Listen[];
  readonly wasm: string;
  readonly wasmCluster?: string;
  readonly advertise?: HostPort;
}

const EXAMPLES = `
How the filter's code comes to Envoy (--wasm):
  inline          inside the configuration: always works, 60 KB with each change of the routes
  local           as the file of this installation, for an Envoy on this machine
  file:/path      as a file that is on every node under this path
  https://…       fetched by the node through the cluster of its bootstrap that --wasm-cluster names; it must be
                  this installation's file, whose SHA-256 is sent along

With --mesh istio the Envoys are Istio's sidecars and gateways: the adapter writes EnvoyFilters into Istio's root namespace, and serves them
the filters' configurations. They reach it at --advertise.

Without --xds-cert whoever reaches the xDS address gets the configuration of any node. With --xds-client-ca a node shows a certificate with a
SPIFFE URI, spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/ACCOUNT, and gets what is that namespace's. The files are read anew when they change. Istio's
Envoys show the certificates that they have of the mesh; --xds-ca, by which they know the adapter's, is read once.

${TENANTS_HELP.trim()}

On the HTTP address, for probes and nodes: /healthz, /readyz, /metrics, /meltemi.wasm.
On the admin address, for people: /status, /debug/snapshot?node=ID or ?namespace=NAME; with tenants /metrics, of each of them.

When it serves, one line is printed on stdout:
  ready xds=127.0.0.1:18000 http=http://127.0.0.1:18080 admin=http://127.0.0.1:18081

Examples:
  meltemi adapter --config ./config --xds 127.0.0.1:18000 --http 127.0.0.1:18080
  meltemi adapter --source kubernetes --xds 0.0.0.0:18000 --http 0.0.0.0:18080 --listen dubbo=0.0.0.0:20880
  meltemi adapter --source kubernetes --mesh istio --xds 0.0.0.0:18000 --http 0.0.0.0:18080 --advertise meltemi.meltemi-system.svc:18000
  meltemi adapter --config /etc/meltemi --xds 0.0.0.0:18000 --http 0.0.0.0:18080 --listen dubbo=0.0.0.0:20880
  meltemi adapter --source kubernetes --xds 0.0.0.0:18000 --http 0.0.0.0:18080 --tenants namespace --tenant-limit resources=2000
  meltemi adapter --config ./config --xds 0.0.0.0:18000 --http 0.0.0.0:18080 --xds-cert tls.crt --xds-key tls.key --xds-client-ca ca.crt
${EXIT_CODE_HELP}`;

export function adapterCommand(): Command {
  const command = new Command("adapter").description("run the control plane alone, until Ctrl-C");
  return withServingOptions(withSourceOptions(withTenantOptions(withMeshOptions(withXdsTlsOptions(command)))))
    .requiredOption("--xds <address:port>", "where Envoys ask for their configuration", parseBindAddress)
    .requiredOption("--http <address:port>", "health, metrics and the filter's code, for everybody", parseBindAddress)
    .addOption(
      new Option("--admin <address:port>", "what nodes get and have, for people: see meltemi status")
        .argParser(parseBindAddress)
        .default(DEFAULT_ADMIN, formatAddress(DEFAULT_ADMIN)),
    )
    .option(
      "--listen <protocol=address:port>",
      "where the Envoys' clients connect; may be repeated (default: every protocol on 127.0.0.1, on its services' own ports)",
      parseListen,
    )
    .option("--wasm <how>", "how the filter's code comes to Envoy", "inline")
    .option("--wasm-cluster <name>", "cluster of the node's bootstrap through which it fetches the filter's code")
    .option("--advertise <host:port>", "where Istio's Envoys reach the adapter (default: --xds)", parseHostPort)
    .addHelpText("after", EXAMPLES)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { xds, http, admin, listen = [], wasm, wasmCluster, logLevel, logFormat } = options;
  const log = createLogger({ level: logLevel, format: logFormat });
  const tls = xdsTls(options);
  const tenants = tenantLimits(options);
  refuseWithIstio(tenants !== undefined, options.mesh);
  const end = toldToEnd();
  const { source, follower, leadership, judge } = await openSource(options, tenants && TENANT_PATIENCE_MS, log);
  const code = await parseWasmOption(wasm, wasmCluster);
  const { serve } = await import("./serve.js");
  const istio = options.mesh === "istio" ? await openIstio(options, code, leadership, log) : undefined;
  const rootNamespace = options.istioNamespace;
  const common = {
    source,
    follower,
    listen,
    xds,
    tls,
    http,
    admin,
    wasm: code,
    log,
    rootNamespace,
    tenants,
    ...(judge && { judge }),
  };
  const starting = serve({ ...common, ...istio?.serving });
  // An API server may be away for long: who is told to end meanwhile ends.
  const adapter = await Promise.race([starting, end.then(() => undefined)]);
  if (adapter === undefined) {
    await source.close();
    await (await starting).stop();
    await istio?.writer.close();
    return;
  }
  const [onXds, onHttp, onAdmin] = [adapter.xds, adapter.http, adapter.admin].map(formatAddress);
  process.stdout.write(`ready xds=${onXds} http=http://${onHttp} admin=http://${onAdmin}\n`);
  await end;
  await adapter.stop();
  await istio?.writer.close();
}

async function openIstio(options: Options, code: WasmCode, leadership: Leadership | undefined, log: Logger) {
  const { kubeconfig, istioNamespace: namespace, xds, advertise } = options;
  const { openKubernetes } = await import("../kubernetes/open.js");
  const { buildEnvoyFilters, buildSidecarResources } = await import("../istio/sidecars.js");
  const { istiosPart } = await import("../istio/istios-part.js");
  const { judge } = await import("../istio/judge.js");
  const { EnvoyFilterWriter } = await import("../istio/writer.js");
  const api = openKubernetes(kubeconfig);
  const writer = new EnvoyFilterWriter(api, namespace, leadership, log.child({ component: "istio" }));
  const adapter = advertise ?? { host: xds.ip, port: xds.port };
  const tls = await sidecarTls(options, adapter.host);
  const onMesh = (mesh: Mesh) => writer.set(buildEnvoyFilters(mesh, { namespace, adapter, tls, code }));
  return { writer, serving: { build: buildSidecarResources, isIstios: true, partOf: istiosPart, judge, onMesh } };
}
