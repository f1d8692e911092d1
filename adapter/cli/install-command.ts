import { Command } from "commander";
import { parseHostPort, parseListen } from "./address.js";
import { EXIT_CODE_HELP } from "./exit-code.js";
import { version } from "./installation.js";
import { type MeshOptions, withMeshOptions } from "./mesh-options.js";
import { refuseWithIstio, type TenantOptions, withTenants } from "./tenant-options.js";

interface Options extends MeshOptions {
  readonly tenants: TenantOptions["tenants"];
  readonly adapter: boolean;
  readonly image: string;
  readonly readNamespace?: readonly string[];
  readonly listen?: readonly string[];
  readonly advertise?: string;
  readonly xdsTlsSecret?: string;
}

const EXAMPLES = `
Printed are, for kubectl to apply:
  CustomResourceDefinitions of networking.meltemi.io, and the ValidatingAdmissionPolicy that checks the conditions of routes
  the namespace meltemi-system, and in it the account meltemi with the rights that the adapter needs; with --mesh istio also that to write
  EnvoyFilters into Istio's root namespace, which must be there
  the adapter: Deployment, Service, PodDisruptionBudget, NetworkPolicy

The same as a Helm chart, with more to choose, is envoy-config/helm/meltemi.

Examples:
  meltemi install --dry-run
  meltemi install --dry-run --listen dubbo=0.0.0.0:20880 | kubectl apply --server-side -f -
  meltemi install --dry-run --tenants namespace --xds-tls-secret adapter-tls | kubectl apply --server-side -f -
  meltemi install --dry-run --mesh istio | kubectl apply --server-side -f -
  meltemi install --dry-run --image registry.example/meltemi:1 --xds-tls-secret adapter-tls | kubectl apply --server-side -f -
  meltemi install --dry-run --no-adapter | kubectl apply --server-side -f -
${EXIT_CODE_HELP}`;

export function installCommand(): Command {
  const command = new Command("install").description("print the manifests that a Kubernetes cluster needs");
  return withTenants(withMeshOptions(command))
    .requiredOption("--dry-run", "print them; kubectl applies them")
    .option("--image <name>", "the adapter's image", `ghcr.io/meltemi/adapter:${version()}`)
    .option(
      "--read-namespace <name>",
      "the adapter reads this one alone; may be repeated (default: all of them)",
      append,
    )
    .option("--listen <protocol=address:port>", "the adapter's option; may be repeated", listenOption)
    .option("--advertise <host:port>", "where Istio's Envoys reach the adapter (default: its Service)", advertiseOption)
    .option("--xds-tls-secret <name>", "xDS over TLS, with the tls.crt, tls.key and ca.crt of this Secret")
    .option("--no-adapter", "without Deployment and Service, for an adapter that runs elsewhere")
    .addHelpText("after", EXAMPLES)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { mesh, istioNamespace, readNamespace = [], adapter, image, listen = [], advertise, xdsTlsSecret } = options;
  const tenants = options.tenants === "namespace";
  refuseWithIstio(tenants, mesh);
  const { printManifests } = await import("../install/manifests.js");
  const manifests = printManifests({
    istioNamespace: mesh === "istio" ? istioNamespace : undefined,
    namespaces: readNamespace,
    adapter: adapter ? { image, listen, tenants, advertise, xdsTlsSecret } : undefined,
  });
  process.stdout.write(manifests);
}

function append(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** What the adapter is to be given is checked here, and stays as it was written. */
function listenOption(text: string, before?: readonly string[]): readonly string[] {
  parseListen(text);
  return append(text, before);
}

function advertiseOption(text: string): string {
  parseHostPort(text);
  return text;
}
