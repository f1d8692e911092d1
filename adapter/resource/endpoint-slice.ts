/** What is read of an EndpointSlice. */
export interface EndpointSliceSpec {
  /** Name of the Service whose endpoints these are; undefined: of none. */
  readonly service: string | undefined;
  readonly addressType: "IPv4" | "IPv6" | "FQDN";
  readonly endpoints: readonly SliceEndpoint[];
  /** Port number by the name of the Service's port. */
  readonly ports: Readonly<Record<string, number>>;
}

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly state: EndpointState;
  readonly pod: string | undefined;
  readonly zone: string;
}

/** `ending`: it is about to end, and still answers. */
export type EndpointState = "ready" | "ending" | "unready";

/** The label by which a slice names its Service. */
const SERVICE_NAME = "kubernetes.io/service-name";

/** The API server writes null for what is empty. */
interface Written {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly addressType: EndpointSliceSpec["addressType"];
  readonly endpoints?:
    | readonly {
        readonly addresses: readonly string[];
        readonly conditions?: WrittenConditions;
        readonly targetRef?: { readonly kind?: string; readonly name?: string };
        readonly zone?: string;
      }[]
    | null;
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[] | null;
}

interface WrittenConditions {
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
}

export function parseEndpointSlice(document: unknown): EndpointSliceSpec {
  const { metadata, addressType, endpoints, ports } = document as Written;
  return {
    service: metadata.labels?.[SERVICE_NAME],
    addressType,
    endpoints: (endpoints ?? []).map(({ addresses, conditions, targetRef, zone = "" }) => {
      const pod = targetRef?.kind === "Pod" ? targetRef.name : undefined;
      return { addresses, state: stateOf(conditions), pod, zone };
    }),
    ports: Object.fromEntries(
      (ports ?? []).flatMap(({ name = "", port }) => (port === undefined ? [] : [[name, port]])),
    ),
  };
}

/** A condition that is absent says what it mostly is: ready is true, serving is as ready. */
function stateOf({ ready = true, serving = ready, terminating = false }: WrittenConditions = {}): EndpointState {
  if (ready) return "ready";
  return serving && terminating ? "ending" : "unready";
}
