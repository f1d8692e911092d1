import {
  type Frame,
  HEAD_BYTES,
  isHeartbeat,
  isHeartbeatAnswer,
  isOneWayCall,
  isTwoWayCall,
  MessageStream,
} from "./stream.js";

/** Any length that is one: an upstream's answer may be as long as it likes. */
const ANY_LENGTH = 2 ** 31 + 16;
const OWN_STATUSES = [40, 60, 80, 100];
const OWN_TEXT = Buffer.from("meltemi: ");
const EVENT_FLAG = 0x20;
const REQUEST_FLAG = 0x80;

/** What was said on one tunnel, both ways. */
export class TunnelLedger {
  /** What the filter passed on. */
  readonly received = new MessageStream(ANY_LENGTH);
  /** What the upstream said. */
  readonly sent = new MessageStream(ANY_LENGTH);
  /** Messages of `sent`, in order, that the client has up to. */
  delivered = -1;
  /** An upstream was reached: what was sent is sent, and is not sent again. */
  reached = false;
  /** Indexes of the client's messages that went here. */
  readonly frames: number[] = [];
  /** Of the calls that arrived: ids of those that were not answered. */
  readonly owed: bigint[] = [];
  /** Ids of calls that it was let answer, and has not yet. */
  readonly expected = new Set<bigint>();
  /** The rest of an answer whose beginning was sent. */
  rest: Buffer | undefined;
  private looked = 0;

  constructor(readonly cluster: string) {}

  /** The upstream reads: what calls it owes an answer now. */
  take(bytes: Uint8Array): void {
    this.received.append(bytes);
    for (; this.looked < this.received.frames.length; this.looked++) {
      const frame = this.received.frames[this.looked] as Frame;
      if (isTwoWayCall(frame)) this.owed.push(frame.id);
    }
  }
}

/** What one client said and got, and what its tunnels did; checks that the one follows from the other. */
export class ClientLedger {
  readonly sent: MessageStream;
  readonly received = new MessageStream(ANY_LENGTH);
  readonly tunnels: TunnelLedger[] = [];
  /** Ids of answers that no upstream was asked for. */
  readonly unasked = new Set<bigint>();
  /** Reasons for which the filter may have closed the connection. */
  readonly mayClose = new Set<string>();

  constructor(maxMessageBytes: number) {
    this.sent = new MessageStream(maxMessageBytes);
  }

  /** The id of a message that has not come whole. */
  get begun(): bigint | undefined {
    const { tail } = this.sent;
    return tail.length >= HEAD_BYTES ? tail.readBigUInt64BE(4) : undefined;
  }

  /** Whether what came must close the connection: as much of it as a head has. */
  get isRefused(): boolean {
    return this.sent.broken !== undefined && this.sent.tail.length >= HEAD_BYTES;
  }

  /** Every byte that reached an upstream is of a call that this client sent, whole, once, in its order. */
  checkUpstreams(): void {
    const reached = new Set<number>();
    for (const tunnel of this.tunnels) {
      const used = tunnel.reached ? reached : new Set<number>();
      const calls = this.callsOf(tunnel);
      // Of equal calls it cannot be told which one went where: then only their number is held against what was sent.
      const placed = this.place(calls, tunnel, used) ?? this.place(calls, tunnel, new Set());
      if (placed === undefined) {
        const all = calls.map(({ bytes }) => show(bytes)).join(", ");
        throw new Error(`${tunnel.cluster} got what this client did not send there, or not in this order: ${all}`);
      }
      for (const index of placed) used.add(index);
      if (tunnel.reached) tunnel.frames.push(...placed);
      if (tunnel.received.broken) throw new Error(`${tunnel.cluster} got no message: ${show(tunnel.received.tail)}`);
      this.checkCut(tunnel, used);
    }
    this.checkNumbers();
  }

  /** What the tunnel got but the answers to its own heartbeats. */
  private callsOf({ cluster, sent, received }: TunnelLedger): readonly Frame[] {
    const heartbeats = sent.begun.filter(isHeartbeat).map(({ id }) => id);
    return received.frames.filter((frame) => {
      if (!isHeartbeatAnswer(frame)) return true;
      const asked = heartbeats.indexOf(frame.id);
      if (asked < 0) throw new Error(`${cluster} got the answer to a heartbeat ${frame.id} that it never sent`);
      heartbeats.splice(asked, 1);
      return false;
    });
  }

  /** Which of the client's messages the calls are, one after the other; undefined: they cannot be. */
  private place(
    calls: readonly Frame[],
    tunnel: TunnelLedger,
    taken: ReadonlySet<number>,
  ): readonly number[] | undefined {
    const used = new Set(taken);
    const placed: number[] = [];
    let next = 0;
    // What was sent on a tunnel that was refused stands behind what was sent on this one since.
    const moved = this.tunnels.some(({ cluster, reached }) => cluster === tunnel.cluster && !reached);
    for (const { bytes } of calls) {
      const index = this.find(bytes, moved ? 0 : next, used);
      if (index < 0) return undefined;
      used.add(index);
      placed.push(index);
      next = index + 1;
    }
    return placed;
  }

  /** No call reached upstreams more often than it was sent. */
  private checkNumbers(): void {
    const left = new Map<string, number>();
    for (const { bytes } of this.sent.frames) add(left, bytes.toString("hex"));
    for (const tunnel of this.tunnels.filter(({ reached }) => reached)) {
      for (const { bytes } of this.callsOf(tunnel)) {
        const key = bytes.toString("hex");
        const rest = (left.get(key) ?? 0) - 1;
        if (rest < 0) throw new Error(`${tunnel.cluster} got what this client did not send so often: ${show(bytes)}`);
        left.set(key, rest);
      }
    }
  }

  /** The client got answers of its own upstreams, whole, in each one's order, and replies of the filter's. */
  checkClient(open: boolean): void {
    const own = new Map<bigint, number>();
    const answered = new Map<bigint, number>();
    let notices = 0;
    for (const frame of this.received.frames) {
      // Heartbeats' answers look all alike: one of an upstream's may stand for one of ours.
      if (isHeartbeatAnswer(frame)) add(this.isSent(frame) ? answered : own, frame.id);
      // Those of upstreams are not for the client.
      else if (isNotice(frame)) notices++;
      else if (this.isDelivered(frame)) {
        if ((frame.flags & REQUEST_FLAG) === 0) add(answered, frame.id);
      } else if (isOwnError(frame)) add(own, frame.id);
      else throw new Error(`the client got what nobody sent it: ${show(frame.bytes)}`);
    }
    const most = this.mayClose.has("drained") ? 1 : 0;
    if (notices > most) throw new Error(`the client was asked to go ${notices} times, not ${most}`);
    if (this.received.broken) throw new Error(`the client got no message: ${show(this.received.tail)}`);
    if (this.received.tail.length > 0) this.checkCutAnswer(open);
    this.checkEachAnswered(own, answered, open);
  }

  private find(bytes: Buffer, from: number, used: Set<number>): number {
    const { frames } = this.sent;
    for (let i = from; i < frames.length; i++) {
      const frame = frames[i] as Frame;
      if (used.has(i) || (!isTwoWayCall(frame) && !isOneWayCall(frame)) || !frame.bytes.equals(bytes)) continue;
      return i;
    }
    return -1;
  }

  /** A message that has not come whole is the beginning of one that the client sent, or has begun to send. */
  private checkCut({ received, cluster, sent }: TunnelLedger, used: Set<number>): void {
    const { tail } = received;
    if (tail.length === 0) return;
    if (tail.length < HEAD_BYTES || (tail[2] ?? 0) === EVENT_FLAG) {
      // The answer to a heartbeat, cut by a window that is closed.
      if (sent.begun.some(isHeartbeat)) return;
    }
    const later = this.sent.frames.filter((_, i) => !used.has(i)).map(({ bytes }) => bytes);
    if ([...later, this.sent.tail].some((bytes) => bytes.subarray(0, tail.length).equals(tail))) return;
    throw new Error(`${cluster} got the beginning of what this client did not send: ${show(tail)}`);
  }

  /** Whether an upstream has said something that ends like this, or says it now. */
  wasSaid(bytes: Buffer): boolean {
    const stream = new MessageStream(ANY_LENGTH);
    stream.append(bytes);
    return stream.frames.some((frame) => !isHeartbeatAnswer(frame) && !isNotice(frame) && this.isSent(frame));
  }

  private isSent({ bytes }: Frame): boolean {
    const begun = (tail: Buffer) => tail.length >= HEAD_BYTES && bytes.subarray(0, tail.length).equals(tail);
    return this.tunnels.some(({ sent }) => begun(sent.tail) || sent.frames.some((frame) => frame.bytes.equals(bytes)));
  }

  private isDelivered(frame: Frame): boolean {
    let best: TunnelLedger | undefined;
    let at = Number.POSITIVE_INFINITY;
    for (const tunnel of this.tunnels) {
      const { frames } = tunnel.sent;
      for (let i = tunnel.delivered + 1; i < frames.length; i++) {
        if (!frames[i]?.bytes.equals(frame.bytes)) continue;
        if (i - tunnel.delivered < at) {
          best = tunnel;
          at = i - tunnel.delivered;
        }
        break;
      }
    }
    if (!best) return false;
    best.delivered += at;
    return true;
  }

  private checkCutAnswer(open: boolean): void {
    const { tail } = this.received;
    if (open) throw new Error(`the client is left with half an answer: ${show(tail)}`);
    for (const { sent, delivered } of this.tunnels) {
      const later = [...sent.frames.slice(delivered + 1).map(({ bytes }) => bytes), sent.tail];
      if (later.some((bytes) => bytes.subarray(0, tail.length).equals(tail))) return;
    }
    throw new Error(`the client got the beginning of what nobody sent it: ${show(tail)}`);
  }

  /** On a connection that is open still, and whose upstreams have all ended, no call is left without its one answer. */
  private checkEachAnswered(own: Map<bigint, number>, answered: Map<bigint, number>, open: boolean): void {
    const asked = new Map<bigint, number>();
    for (const frame of this.sent.frames) {
      if (isTwoWayCall(frame) || isHeartbeat(frame)) add(asked, frame.id);
    }
    // A call that has not come whole may have an answer, too.
    const { begun } = this;
    // Within a frame that announces the rest of a message there is no place to send a call again that was refused.
    const stuck = this.sent.tail.length > 0;
    for (const [id, count] of own) {
      const most = (asked.get(id) ?? 0) + (id === begun ? 1 : 0);
      if (count > most) throw new Error(`call ${id} was made ${most} times, and the filter replied ${count} times`);
    }
    for (const [id, count] of asked) {
      const answers = (own.get(id) ?? 0) + (answered.get(id) ?? 0);
      const most = count + (id === begun ? 1 : 0);
      if (answers > most && !this.unasked.has(id))
        throw new Error(`call ${id}, made ${count} times, has ${answers} answers`);
      if (open && !stuck && answers < count) throw new Error(`call ${id}, made ${count} times, has ${answers} answers`);
    }
  }
}

function isNotice({ flags }: Frame): boolean {
  return (flags & (REQUEST_FLAG | EVENT_FLAG)) === (REQUEST_FLAG | EVENT_FLAG);
}

function isOwnError({ bytes, flags, status }: Frame): boolean {
  return (flags & ~0x1f) === 0 && OWN_STATUSES.includes(status) && bytes.subarray(16, 40).includes(OWN_TEXT);
}

function add<Key>(counts: Map<Key, number>, id: Key): void {
  counts.set(id, (counts.get(id) ?? 0) + 1);
}

function show(bytes: Buffer): string {
  return `${bytes.subarray(0, 48).toString("hex")} (${bytes.length} bytes)`;
}
