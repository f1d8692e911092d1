/** How Meltemi is installed in a cluster. */
export interface InstallOptions {
  /** Istio's root namespace, if the Envoys are Istio's. */
  readonly istioNamespace?: string | undefined;
  /** Resources are read in these. None: in all of them. */
  readonly namespaces: readonly string[];
  /** The adapter as a Deployment. Undefined: it runs elsewhere. */
  readonly adapter?: AdapterOptions | undefined;
}

export interface AdapterOptions {
  /** The container's image, with its tag. */
  readonly image: string;
  /** As `--listen` takes them. */
  readonly listen: readonly string[];
  /** Every namespace is a tenant. */
  readonly tenants?: boolean | undefined;
  /** Where Istio's Envoys reach it. Undefined: at its Service. */
  readonly advertise?: string | undefined;
  /**
   * Secret with tls.crt, tls.key and ca.crt by which it speaks TLS with nodes. Undefined: plain. ca.crt is the nodes' authority, or, where
   * the Envoys are Istio's and have that of the mesh, the one that has signed tls.crt.
   */
  readonly xdsTlsSecret?: string | undefined;
}

/** Where the adapter runs, and the name of all that is made for it: its account, Deployment and Service. */
export const NAMESPACE = "meltemi-system";
export const NAME = "meltemi";

/** By these the adapter's Pods are known. */
export const LABELS = { "app.kubernetes.io/name": "meltemi", "app.kubernetes.io/instance": NAME } as const;
