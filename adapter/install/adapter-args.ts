import { type AdapterOptions, type InstallOptions, NAME, NAMESPACE } from "./options.js";
import { PORTS } from "./service.js";

/** Where the files of `xdsTlsFiles` are. */
export const XDS_TLS_PATH = "/etc/meltemi/xds-tls";

/** The ConfigMap that istiod keeps in every namespace, and its one file. */
export const MESH_AUTHORITY = { configMap: "istio-ca-root-cert", file: "root-cert.pem" };

/** What the container is started with. */
export function adapterArgs(
  { istioNamespace, namespaces }: InstallOptions,
  { listen, tenants = false, advertise = `${NAME}.${NAMESPACE}.svc:${PORTS.xds}`, xdsTlsSecret }: AdapterOptions,
): readonly string[] {
  const isIstio = istioNamespace !== undefined;
  return [
    "adapter",
    "--source=kubernetes",
    `--xds=0.0.0.0:${PORTS.xds}`,
    `--http=0.0.0.0:${PORTS.http}`,
    ...(isIstio ? ["--mesh=istio", `--istio-namespace=${istioNamespace}`, `--advertise=${advertise}`] : []),
    ...namespaces.map((namespace) => `--namespace=${namespace}`),
    ...listen.map((where) => `--listen=${where}`),
    ...(tenants ? ["--tenants=namespace"] : []),
    ...(xdsTlsSecret === undefined
      ? []
      : Object.entries(xdsTlsFiles(isIstio)).map(([option, file]) => `--${option}=${XDS_TLS_PATH}/${file}`)),
  ];
}

/** By option. Istio's Envoys show certificates of the mesh, whatever authority has signed the adapter's. */
function xdsTlsFiles(isIstio: boolean): Readonly<Record<string, string>> {
  const own = { "xds-cert": "tls.crt", "xds-key": "tls.key" };
  return isIstio
    ? { ...own, "xds-client-ca": MESH_AUTHORITY.file, "xds-ca": "ca.crt" }
    : { ...own, "xds-client-ca": "ca.crt" };
}
