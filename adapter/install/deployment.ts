import { adapterArgs, MESH_AUTHORITY, XDS_TLS_PATH } from "./adapter-args.js";
import { SPREAD } from "./availability.js";
import { type AdapterOptions, type InstallOptions, LABELS, NAME, NAMESPACE } from "./options.js";
import { PORTS } from "./service.js";

/** Of the image, who is nobody else. */
const USER = 65_532;

/** The Pod's endpoint is withdrawn meanwhile: who comes back once the adapter ends its streams comes to another replica. */
const WITHDRAW_SECONDS = 5;

const XDS_TLS_VOLUME = "xds-tls";

/** How Istio's Envoys come to the adapter is said by itself: a sidecar of its own might not let them in. */
const NO_SIDECAR = { "sidecar.istio.io/inject": "false" };

const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

const POD_SECURITY = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  // Reads the Secret's files.
  fsGroup: USER,
  seccompProfile: { type: "RuntimeDefault" },
};

export function buildDeployment(options: InstallOptions, adapter: AdapterOptions): object {
  const { image, xdsTlsSecret } = adapter;
  const isIstio = options.istioNamespace !== undefined;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: NAME, namespace: NAMESPACE, labels: LABELS },
    spec: {
      replicas: 2,
      selector: { matchLabels: LABELS },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels: { ...LABELS, ...(isIstio && NO_SIDECAR) } },
        spec: {
          serviceAccountName: NAME,
          securityContext: POD_SECURITY,
          topologySpreadConstraints: SPREAD,
          // The adapter ends within two seconds of SIGTERM.
          terminationGracePeriodSeconds: 30,
          containers: [
            {
              name: "adapter",
              image,
              imagePullPolicy: "IfNotPresent",
              args: adapterArgs(options, adapter),
              ports: Object.entries(PORTS).map(([name, containerPort]) => ({ name, containerPort, protocol: "TCP" })),
              ...probes(),
              lifecycle: { preStop: { sleep: { seconds: WITHDRAW_SECONDS } } },
              resources: { requests: { cpu: "100m", memory: "192Mi" }, limits: { memory: "512Mi" } },
              securityContext: CONTAINER_SECURITY,
              ...(xdsTlsSecret !== undefined && {
                volumeMounts: [{ name: XDS_TLS_VOLUME, mountPath: XDS_TLS_PATH, readOnly: true }],
              }),
            },
          ],
          ...(xdsTlsSecret !== undefined && { volumes: [xdsTlsVolume(xdsTlsSecret, isIstio)] }),
        },
      },
    },
  };
}

function xdsTlsVolume(secret: string, isIstio: boolean): object {
  const { configMap, file } = MESH_AUTHORITY;
  const authority = { configMap: { name: configMap, items: [{ key: file, path: file }] } };
  const sources = [{ secret: { name: secret } }, ...(isIstio ? [authority] : [])];
  return { name: XDS_TLS_VOLUME, projected: { defaultMode: 0o440, sources } };
}

/** It is ready once there is a configuration to serve, and stays so while the API server is away. */
function probes(): object {
  const asking = (path: string) => ({ httpGet: { path, port: "http" }, timeoutSeconds: 5 });
  return {
    readinessProbe: { ...asking("/readyz"), periodSeconds: 5 },
    livenessProbe: { ...asking("/healthz"), periodSeconds: 10, failureThreshold: 6 },
  };
}
