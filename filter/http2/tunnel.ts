import { dropBlock, enlargeBlock } from "../memory/kept";
import { Name, release, retain } from "../memory/name";

/**
 * A tunnel: one CONNECT stream through HCM to one upstream connection of a cluster.
 *
 *     OPENING ── HEADERS :status 200 ──► OPEN ── END_STREAM or RST_STREAM ──► (freed)
 *        │                                 │
 *        └─ HEADERS with another status ─► REFUSED ── RST_STREAM ───────────► (freed)
 *
 *     OPEN ── idle, and its place is needed ──► ABANDONED ── END_STREAM of ours, answered ──► (freed)
 *
 * Messages may be sent while OPENING: HCM keeps them until the upstream connection is there. What a REFUSED tunnel sends is
 * HCM's text about it, which the client must never see.
 */
export enum TunnelState {
  OPENING,
  OPEN,
  REFUSED,
  /** Given up to make room for another: we have ended our side, or do so with the next frames. */
  ABANDONED,
}

@unmanaged
export class Tunnel {
  next: Tunnel | null;
  stream: u32;
  state: TunnelState;
  /** The upstream takes no new calls (it said so): the cluster's next call opens another tunnel. */
  goingAway: bool;
  cluster: Name;
  /** `address:port` of the upstream, once HCM has told; 0 before. */
  host: Name | null;
  /** Envoy's response flags of a refused tunnel, up to eight letters, and how many. */
  flags: u64;
  flagsBytes: u32;

  /** Bytes that HCM lets us send (RFC 9113 section 6.9). May go below 0 when SETTINGS shrink it. */
  sendWindow: i32;
  /** Bytes delivered to the client for which no WINDOW_UPDATE went out yet. */
  delivered: u32;

  /** Bytes of the message being delivered that are still to come; 0 between messages. */
  messageRest: u32;
  /** Bytes of a message that is not for the client (a heartbeat of the upstream's) still to be dropped. */
  skipRest: u32;
  /** A message's head that has not come whole: its first bytes, and how many. */
  headBytes: u32;
  head0: u64;
  head1: u64;
  head2: u64;
  head3: u64;
  head4: u64;
  head5: u64;
  head6: u64;
  head7: u64;
  /** The upstream asked for a sign of life: the id and dialect of its heartbeat, to be answered. */
  heartbeatOwed: bool;
  heartbeatDialect: u32;
  heartbeatId: u64;
  /** Bytes kept back while another tunnel's message is being delivered: a block, its size, and what is used of it. */
  held: usize;
  heldCapacity: u32;
  heldBytes: u32;
  /** HCM is done with the stream; only held bytes and calls remain. */
  ended: bool;
  /** Given up, and END_STREAM is still to be sent. */
  endOwed: bool;

  /** Calls in flight, oldest first (proxy/call.ts). */
  firstCall: usize;
  lastCall: usize;

  /** While a read is planned (proxy/plan.ts): its pieces in order, their bytes, and the next tunnel that has any. */
  firstPiece: u32;
  lastPiece: u32;
  plannedBytes: u32;
  nextPlanned: Tunnel | null;
}

/** `tunnel.head0` … as an array of bytes. */
export function headOf(tunnel: Tunnel): usize {
  return changetype<usize>(tunnel) + offsetof<Tunnel>("head0");
}

let free: Tunnel | null = null;

export function newTunnel(stream: u32, cluster: Name, sendWindow: i32): Tunnel {
  let tunnel = free;
  if (tunnel) free = tunnel.next;
  else tunnel = changetype<Tunnel>(heap.alloc(offsetof<Tunnel>()));
  memory.fill(changetype<usize>(tunnel), 0, offsetof<Tunnel>());
  tunnel.stream = stream;
  tunnel.cluster = retain(cluster);
  tunnel.sendWindow = sendWindow;
  return tunnel;
}

export function freeTunnel(tunnel: Tunnel): void {
  release(tunnel.cluster);
  const host = tunnel.host;
  if (host) release(host);
  dropHeld(tunnel);
  tunnel.next = free;
  free = tunnel;
}

/** Keeps bytes back, in order: at most the window that the tunnel granted. False: the VM may keep no more. */
export function hold(tunnel: Tunnel, bytes: usize, length: u32): bool {
  const needed = tunnel.heldBytes + length;
  if (needed > tunnel.heldCapacity) {
    const capacity = (needed << 1) + 4096;
    const block = enlargeBlock(tunnel.held, tunnel.heldCapacity, tunnel.heldBytes, capacity);
    if (!block) return false;
    tunnel.held = block;
    tunnel.heldCapacity = capacity;
  }
  memory.copy(tunnel.held + tunnel.heldBytes, bytes, length);
  tunnel.heldBytes = needed;
  return true;
}

export function dropHeld(tunnel: Tunnel): void {
  dropBlock(tunnel.held, tunnel.heldCapacity);
  tunnel.held = 0;
  tunnel.heldCapacity = 0;
  tunnel.heldBytes = 0;
}
