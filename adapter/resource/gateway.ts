export interface GatewaySpec {
  readonly servers: readonly GatewayServer[];
}

export interface GatewayServer {
  readonly number: number;
  readonly name: string;
  readonly protocol: string | undefined;
  /** What comes is TLS, and passes as it is. */
  readonly isPassedThrough: boolean;
}

interface WrittenSpec {
  readonly servers?: readonly {
    readonly port: { readonly number: number; readonly name?: string; readonly protocol?: string };
    readonly tls?: { readonly mode?: string };
  }[];
}

/** Reads a spec that its schema allows. */
export function parseGateway(spec: unknown): GatewaySpec {
  const { servers = [] } = spec as WrittenSpec;
  return {
    servers: servers.map(({ port: { number, name = "", protocol }, tls }) => ({
      number,
      name,
      protocol,
      isPassedThrough: tls?.mode === "PASSTHROUGH" || tls?.mode === "AUTO_PASSTHROUGH",
    })),
  };
}
