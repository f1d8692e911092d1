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
  /** Known services alone, and no long message. */
  small: {
    virtual_hosts: [{ name: "one", services: ["a.B"], routes: BY_METHOD }],
    max_message_bytes: SMALL_MESSAGE_BYTES,
  },
} as const;

export type TableName = keyof typeof TABLES;
export const TABLE_NAMES = Object.keys(TABLES) as TableName[];
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
  return table === "collected" ? 4096 : 1 << 20;
}
