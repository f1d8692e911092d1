/**
 * What nodes can make the control plane keep and do. Each of these ends a stream with RESOURCE_EXHAUSTED and the reason, and Envoy
 * comes back with growing pauses.
 */

/** A node that comes back names a version for each resource: 100,000 of them, 100 bytes each, and room. */
export const MAX_REQUEST_BYTES = 16 << 20;

/** A node of Meltemi's own has one stream, one of Istio's has one for each filter: a thousand nodes with ten filters each. */
export const MAX_STREAMS = 10_000;

/**
 * A peer is a service account, which all replicas of a workload share, or an address, behind which a gateway may be: many nodes, but
 * not so many that there is no room for others.
 */
export const MAX_STREAMS_PER_PEER = 2_500;

/** Names that a stream asks for one by one, of all types: as many resources as a request has room for. */
export const MAX_NAMES_PER_STREAM = 100_000;

/** The same in characters: a hundred for each name on average, so that few and long ones cost no more. */
export const MAX_NAME_CHARACTERS_PER_STREAM = 100 * MAX_NAMES_PER_STREAM;

/** Of these the client opens connections, not streams: one that does not begin to speak TLS, or has no stream, is closed. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
export const IDLE_CONNECTION_MS = 60_000;
