/** A call as the matrix makes it: what tells calls apart is the method (Redis: the key), whatever the protocol. */
export interface SpokenCall {
  readonly id: number;
  readonly method: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface SpokenRequest {
  readonly bytes: Uint8Array;
  readonly id: number;
  readonly method: string;
}

export interface SpokenAnswer {
  readonly bytes: Uint8Array;
  /** Undefined where answers come in the order of calls. */
  readonly id: number | undefined;
  /** The protocol's number; of Redis the filter's for the first word. */
  readonly status: number;
  readonly ok: boolean;
  /** Of an error. */
  readonly text: string;
}

/** Why the filter answers a call, by the label `code` of `meltemi_replies_total`. */
export type Code = "timeout" | "aborted" | "rate_limited" | "overflow" | "denied" | "upstream_failure";

/** One protocol, as clients and servers speak it. */
export interface Spoken {
  /** As a listener of a test names it. */
  readonly protocol: string;
  /** What the listener's table has besides. */
  readonly table: object;
  /** The attribute by which a route finds the method, and what it is then. */
  match(method: string): { readonly name: string; readonly exact_match: string };
  /** Whether calls carry attributes by name. */
  readonly named: boolean;
  /** The attribute that calls differ by where routes choose by a value: `user`, or what there is. */
  readonly valueAttribute: string;
  /** Whether answers come in the order of calls. */
  readonly ordered: boolean;
  readonly codes: Readonly<Record<Code, number>>;
  /** With which a server fails. */
  readonly failure: number;
  encodeCall(call: SpokenCall): Uint8Array;
  /** The first call in `bytes`; undefined: it is not whole. */
  decodeCall(bytes: Uint8Array): SpokenRequest | undefined;
  encodeAnswer(request: SpokenRequest): Uint8Array;
  encodeFailure(request: SpokenRequest): Uint8Array;
  decodeAnswer(bytes: Uint8Array): SpokenAnswer | undefined;
}
