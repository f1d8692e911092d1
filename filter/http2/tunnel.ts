import { dropBlock, enlargeBlock } from "../memory/kept";
import { Name, release, retain } from "../memory/name";
import { dropState, State } from "../memory/state";

/**
 * A tunnel: one CONNECT stream through HCM to one upstream connection of a cluster.
 *
 *     OPENING ── HEADERS :status 200 ──► OPEN ── END_STREAM or RST_STREAM ──► (freed)
 *        │                                 │
 *        └─ HEADERS with another status ─► REFUSED ── RST_STREAM ───────────► (freed)
 *
 *     OPEN ── idle, and no longer wanted ──► ABANDONED ── END_STREAM of ours, answered ──► (freed)
 *
 * Messages may be sent while OPENING: HCM keeps them until the upstream connection is there. A copy is kept as well (`unsent`), to
 * be sent on another tunnel if this one is refused. What a REFUSED tunnel sends is HCM's text about it, which the client must
 * never see.
 */
export enum TunnelState {
  OPENING,
  OPEN,
  REFUSED,
  /** Given up, because it is idle or its time is over: we have ended our side, or do so with the next frames. */
  ABANDONED,
}

@unmanaged
export class Tunnel {
  next: Tunnel | null;
  stream: u32;
  state: TunnelState;
  /** Takes no new calls: the upstream said so, or another tunnel has taken its place. Given up once nothing is under way on it. */
  retiring: bool;
  /** Opened so that calls reach one host more: it is given up if it leads to one that they reach already. */
  spreads: bool;
  /** Its age or its number of calls is reached. */
  expired: bool;
  /** Given up so that another is opened: when it has ended, or soon after `retiredAt_ms`. */
  makesWay: bool;
  retiredAt_ms: u32;
  cluster: Name;
  /** `address:port` of the upstream, once HCM has told; 0 before. */
  host: Name | null;
  /** The host that it is to lead to, as far as Envoy can; null: any. */
  wanted: Name | null;
  /** The bucket of a consistent hash by which its host is picked, and one more; 0: none. */
  bucket: u32;
  /** Where hosts are judged by their calls: what is known of its host (proxy/policies/hosts.ts). 0: it is not judged. */
  at: usize;
  /** It was opened while others of them were ejected; how many had come back until then. */
  standsIn: bool;
  readmissions: u32;
  /** It leads to one that is ejected, and is used all the same. */
  tolerated: bool;
  /** Envoy's response flags of a refused tunnel, up to eight letters, and how many. */
  flags: u64;
  flagsBytes: u32;

  /** Bytes that HCM lets us send (RFC 9113 section 6.9). May go below 0 when SETTINGS shrink it. */
  sendWindow: i32;
  /** Bytes delivered to the client for which no WINDOW_UPDATE went out yet. */
  delivered: u32;

  /** Bytes of the message being delivered, or of its part, that are still to come; 0 between messages. */
  messageRest: u32;
  /** Another part of that message follows. */
  messageOpen: bool;
  /** What the codec remembers of the upstream's side. */
  codec: State;
  /** Bytes of a message that is not for the client (a heartbeat of the upstream's) still to be dropped. */
  skipRest: u32;
  /** The answer that is `messageOpen`, or was last, is not for the client. */
  skipping: bool;
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
  /** What is held begins with a message whose head is not whole: so many bytes of it are needed. 0: it is, as far as is known. */
  headNeed: u32;
  /** The upstream asked for a sign of life: the id and dialect of its heartbeat, to be answered. */
  heartbeatOwed: bool;
  heartbeatDialect: u32;
  heartbeatId: u64;
  /** Bytes kept back while another tunnel's message is being delivered: a block, its size, and what is used of it. */
  held: usize;
  heldCapacity: u32;
  heldBytes: u32;
  /** Where they begin in the block: those before have been delivered. */
  heldAt: u32;
  /** HCM is done with the stream; only held bytes and calls remain. */
  ended: bool;
  /** Given up, and END_STREAM is still to be sent. */
  endOwed: bool;
  /** END_STREAM was not answered, and RST_STREAM is still to be sent. */
  resetOwed: bool;

  /**
   * While OPENING: a copy of all bytes that were sent, none of which has left Envoy. When there are too many, no more are kept
   * (`unsentLost`), and the copy is given up once nothing of it is owed.
   *
   * `unsentOwed` of them, from `unsentOwedAt` on, are still to be sent: those of a refused tunnel that this one has taken over, and what
   * the filter itself says. They are all that is there of a tunnel that is OPEN.
   */
  unsent: usize;
  unsentBytes: u32;
  unsentCapacity: u32;
  unsentLost: bool;
  unsentOwed: u32;
  unsentOwedAt: u32;
  /** Tunnels that were refused before this one with the same bytes. */
  refusals: u32;

  /** Calls in flight, oldest first (proxy/call.ts), and their number. */
  firstCall: usize;
  lastCall: usize;
  callCount: u32;
  /** Those among them whose answers decide something (proxy/fate.ts). */
  fated: u32;
  /** Those among them that may be sent once more, by what is answered to them. */
  keptCalls: u32;
  /** Its upstream sends at any time, which the client waits for. */
  listened: bool;
  /** How much of what is set for the connection its upstream knows (`Connection.settledSerial`), and answers that are awaited to that. */
  settled: u32;
  preparing: u32;
  /** Those among them whose answers go nowhere. */
  swallowing: u32;
  /** Those among them whose answers are changed (proxy/policies/mutation.ts). */
  changing: u32;
  /** Bytes that were granted ahead of their delivery, so that an answer to be changed arrives whole. */
  grantedAhead: u32;
  /** Calls that were ever sent on it. */
  calls: u32;
  /** The connection's count of calls when this tunnel took one: the least is the longest ago. */
  lastUse: u32;
  /** One-way calls that were sent while OPENING: they are lost if it is refused. */
  oneWayCalls: u32;
  /** It asks for a drain, and carries no call (proxy/probe.ts). */
  probe: bool;
  /** When it was opened (up to an eighth of its age earlier, so that tunnels do not retire together), and when it last took a call or was given up. */
  openedAt_ms: u32;
  usedAt_ms: u32;

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

/** Whether the client has a message of this tunnel's in part. */
export function isDelivering(tunnel: Tunnel): bool {
  return tunnel.messageRest != 0 || (tunnel.messageOpen && !tunnel.skipping);
}

export function newTunnel(stream: u32, cluster: Name, sendWindow: i32): Tunnel {
  let tunnel = free;
  if (tunnel) free = tunnel.next;
  else tunnel = changetype<Tunnel>(heap.alloc(offsetof<Tunnel>() + offsetof<State>()));
  memory.fill(changetype<usize>(tunnel), 0, offsetof<Tunnel>() + offsetof<State>());
  tunnel.codec = changetype<State>(changetype<usize>(tunnel) + offsetof<Tunnel>());
  tunnel.stream = stream;
  tunnel.cluster = retain(cluster);
  tunnel.sendWindow = sendWindow;
  return tunnel;
}

/** Before its CONNECT is written. */
export function wantHost(tunnel: Tunnel, host: Name): void {
  const former = tunnel.wanted;
  tunnel.wanted = retain(host);
  if (former) release(former);
}

export function freeTunnel(tunnel: Tunnel): void {
  release(tunnel.cluster);
  const host = tunnel.host;
  if (host) release(host);
  const wanted = tunnel.wanted;
  if (wanted) release(wanted);
  dropHeld(tunnel);
  dropUnsent(tunnel);
  dropState(tunnel.codec);
  tunnel.next = free;
  free = tunnel;
}

/** The address of what is held. */
export function heldOf(tunnel: Tunnel): usize {
  return tunnel.held + tunnel.heldAt;
}

/** The first `bytes` of what is held have been delivered. */
export function unhold(tunnel: Tunnel, bytes: u32): void {
  tunnel.heldBytes -= bytes;
  tunnel.heldAt += bytes;
  if (!tunnel.heldBytes) dropHeld(tunnel);
}

/** Keeps bytes back, in order: at most the window that the tunnel granted. False: the VM may keep no more. */
export function hold(tunnel: Tunnel, bytes: usize, length: u32): bool {
  let end = tunnel.heldAt + tunnel.heldBytes;
  if (end + length > tunnel.heldCapacity) {
    // To the front of the block, if no more are moved than were delivered: so each byte is moved once, about.
    if (tunnel.heldAt >= tunnel.heldBytes && tunnel.heldBytes + length <= tunnel.heldCapacity) {
      memory.copy(tunnel.held, tunnel.held + tunnel.heldAt, tunnel.heldBytes);
      tunnel.heldAt = 0;
      end = tunnel.heldBytes;
    } else {
      const capacity = ((end + length) << 1) + 4096;
      const block = enlargeBlock(tunnel.held, tunnel.heldCapacity, end, capacity);
      if (!block) return false;
      tunnel.held = block;
      tunnel.heldCapacity = capacity;
    }
  }
  memory.copy(tunnel.held + end, bytes, length);
  tunnel.heldBytes += length;
  return true;
}

export function dropHeld(tunnel: Tunnel): void {
  dropBlock(tunnel.held, tunnel.heldCapacity);
  tunnel.held = 0;
  tunnel.heldCapacity = 0;
  tunnel.heldBytes = 0;
  tunnel.heldAt = 0;
}

/** Room for `bytes` more unsent ones, after those that there are; 0: the VM may keep no more. */
export function roomForUnsent(tunnel: Tunnel, bytes: u32): usize {
  const needed = tunnel.unsentBytes + bytes;
  if (needed > tunnel.unsentCapacity) {
    const capacity = max<u32>(needed << 1, 512);
    const block = enlargeBlock(tunnel.unsent, tunnel.unsentCapacity, tunnel.unsentBytes, capacity);
    if (!block) return 0;
    tunnel.unsent = block;
    tunnel.unsentCapacity = capacity;
  }
  return tunnel.unsent + tunnel.unsentBytes;
}

export function dropUnsent(tunnel: Tunnel): void {
  dropBlock(tunnel.unsent, tunnel.unsentCapacity);
  tunnel.unsent = 0;
  tunnel.unsentBytes = 0;
  tunnel.unsentCapacity = 0;
  tunnel.unsentOwedAt = 0;
}
