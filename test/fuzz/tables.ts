/** Small enough that a fuzzed message meets it. */
const SMALL_MESSAGE_BYTES = 3000;

const CLUSTERS = ["v1", "v2", "v3"] as const;

/** By the first letter of the method, which every message has in front. */
const BY_METHOD = [
  { match: { attributes: [{ name: "method", regex_match: "^[a-f].*" }] }, route: { cluster: "v1" } },
  { match: { attributes: [{ name: "method", regex_match: "^[g-r].*" }] }, route: { cluster: "v2" } },
  { route: { cluster: "v3" } },
];

/** By attachments, which stand at the end: calls are seen whole. */
const BY_ATTACHMENT = [
  { match: { attributes: [{ name: "user", exact_match: "jason" }] }, route: { cluster: "v1" } },
  { match: { attributes: [{ name: "region", prefix_match: "e" }] }, route: { cluster: "v2" } },
  { match: { attributes: [{ name: "path", present_match: true }] }, route: { cluster: "v3" } },
];

const all = (routes: object[]) => [{ name: "all", services: ["*"], routes }];

/** What the listeners of the fuzzed worker are configured with. */
export const TABLES = {
  method: { virtual_hosts: all(BY_METHOD) },
  attachment: { virtual_hosts: all(BY_ATTACHMENT) },
  /** A read buffer that most long messages do not fit, so that they are collected in the VM. */
  collected: { virtual_hosts: all(BY_ATTACHMENT), read_buffer_bytes: 4096 },
  /** Several tunnels to each cluster, none of them for long, and a connection that ages. */
  balanced: {
    virtual_hosts: all(BY_METHOD),
    clusters: [
      { name: "v1", min_tunnels: 2, calls_per_tunnel: 1, max_tunnels: 3 },
      { name: "v2", min_tunnels: 3, max_tunnel_calls: 2 },
      { name: "v3", max_tunnel_age_ms: 3000, calls_per_tunnel: 2 },
    ],
    connection: { max_age_ms: 40_000, idle_timeout_ms: 12_000, tunnel_idle_timeout_ms: 5000 },
  },
  /** Hosts by a value, few of which have a bucket of their own, and tunnels that do not last. */
  hashed: {
    virtual_hosts: all(BY_METHOD),
    clusters: CLUSTERS.map((name) => ({
      name,
      max_tunnel_age_ms: 3000,
      max_tunnel_calls: 5,
      consistent_hash: { attribute: "user", buckets: 8 },
    })),
  },
  /** Known services alone, and no long message. */
  small: {
    virtual_hosts: [{ name: "one", services: ["a.B"], routes: BY_METHOD }],
    max_message_bytes: SMALL_MESSAGE_BYTES,
  },
  /** Mode `connection`, with a first call that may be collected. */
  connection: { virtual_hosts: all(BY_ATTACHMENT), read_buffer_bytes: 4096 },
  /** Mode `observe`. */
  observe: { virtual_hosts: all([{ route: { cluster: "v1" } }]) },
} as const;

export type TableName = keyof typeof TABLES;
/** Listeners whose connections tcp_proxy carries. */
export const CARRIED_TABLES = ["connection", "observe"] as const;
/** Listeners that route each call. */
export const CALL_TABLES = ["method", "attachment", "collected", "balanced", "hashed", "small"] as const;

/** The plugin's root id: the protocol, and the mode of the listener. */
export function rootIdOf(table: TableName): string {
  return table === "connection" || table === "observe" ? `dubbo/${table}` : "dubbo";
}

export { CLUSTERS };

/** Whether connections are closed for their age or for being idle. */
export function hasAges(table: TableName): boolean {
  return table === "balanced";
}

export function maxMessageBytes(table: TableName): number {
  return table === "small" ? SMALL_MESSAGE_BYTES : 16 << 20;
}

/** Envoy's read buffer of that listener. */
export function readBufferBytes(table: TableName): number {
  return table === "collected" || table === "connection" ? 4096 : 1 << 20;
}
