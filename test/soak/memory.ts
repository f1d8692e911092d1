import type { ClientGroup } from "./peers.js";

const KIB = 1024;
const MIB = 1 << 20;

/** What docs/architecture.md ("Limits and memory") computes for one client connection and one tunnel. */
const READ_BUFFER_BYTES = 1.125 * MIB;
const CONNECTION_BYTES = 64 * KIB;
const TUNNEL_BYTES = 64 * KIB;
/** A tunnel's answer that nobody takes: its window, and what Envoy has read from the upstream beyond it. */
const UNREAD_ANSWER_BYTES = 2 * MIB;
const WRITE_BUFFER_BYTES = 2 * READ_BUFFER_BYTES;
const OWN_REPLIES_BYTES = 8 * MIB;
const LONGEST_MESSAGE_BYTES = 16 * MIB;
/** Tables, twice while one replaces another, and statistics. */
const GROWTH_BYTES = 64 * MIB;

/** What clients of a kind can make Envoy hold each, at most, beside the connection and its tunnels. */
function held_bytes({ kind, in_flight = 1, services }: ClientGroup): number {
  switch (kind) {
    case "never reads":
      return WRITE_BUFFER_BYTES + 3 * UNREAD_ANSWER_BYTES + READ_BUFFER_BYTES;
    case "no route, no read":
      return OWN_REPLIES_BYTES * 2 + READ_BUFFER_BYTES;
    case "longest":
      // Collected in a block that doubles, then in the buffers of the tunnel.
      return 3 * LONGEST_MESSAGE_BYTES + READ_BUFFER_BYTES;
    case "too long":
    case "many at once":
      return READ_BUFFER_BYTES;
    default: {
      const largest = Math.max(...services.flatMap(({ answers, arguments: sent }) => [...answers, ...sent]));
      return Math.min(in_flight * largest * 2, 8 * MIB) + READ_BUFFER_BYTES / 4;
    }
  }
}

/** What an Envoy may need above what it needs without clients. */
export function memoryBound_bytes(groups: readonly ClientGroup[]): number {
  const tunnels = 4 * 3;
  return groups.reduce(
    (sum, group) => sum + group.count * (CONNECTION_BYTES + tunnels * TUNNEL_BYTES + held_bytes(group)),
    GROWTH_BYTES,
  );
}
