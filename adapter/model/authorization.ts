/** Who may call what at the inbound side: Istio's AuthorizationPolicy with operations of RPC. */
export interface AuthorizationPolicy {
  readonly namespace: string;
  readonly name: string;
  readonly action: AuthorizationAction;
  /** Labels of the workloads that it is for; none: all of its namespace, or of the mesh where that is the root namespace. */
  readonly labels: Readonly<Record<string, string>>;
  /** One must hold. None: it holds for no call. */
  readonly rules: readonly AuthorizationRule[];
}

export type AuthorizationAction = "ALLOW" | "DENY" | "AUDIT";

/** One of the sources, one of the operations and all conditions must hold; what is empty does not count. */
export interface AuthorizationRule {
  readonly sources: readonly (readonly AuthorizationCondition[])[];
  readonly operations: readonly (readonly AuthorizationCondition[])[];
  readonly conditions: readonly AuthorizationCondition[];
}

/** Values are texts, `x*`, `*x` or `*`; of addresses they are blocks. */
export interface AuthorizationCondition {
  readonly subject: AuthorizationSubject | { readonly attribute: string };
  /** One must match, where there are any; and none of `notValues`. */
  readonly values: readonly string[];
  readonly notValues: readonly string[];
}

export type AuthorizationSubject =
  | "service"
  | "method"
  | "source.principal"
  | "source.namespace"
  | "source.ip"
  | "destination.ip"
  | "destination.port"
  | "connection.sni";
