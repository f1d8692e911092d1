import { ByteQueue } from "../support/byte-queue.js";
import { CloseType } from "./abi.js";
import type { RootContext, StreamContext } from "./contexts.js";
import type { Vm } from "./vm.js";

/** The filter behind ours in the chain: in Envoy the HTTP connection manager, or tcp_proxy. */
export interface NextFilter {
  /** Called once, before any data; absent: it is not prepared to be told later than when the client connects. */
  onNewConnection?(): void;
  /** All bytes of the read buffer; it takes out what it consumes. */
  onData(buffer: ByteQueue): void;
  /** The client has ended its side. Absent: Envoy closes the connection then. */
  onEnd?(): void;
  onConnectionClose(): void;
}

/** A client's connection: its socket, Envoy's read buffer, our filter, and the next filter. */
export class Connection {
  /** What the client has received. */
  readonly received = new ByteQueue();
  readonly properties = new Map<string, Uint8Array>();
  /** The buffer that the filter sees as its downstream data, from a read until it returns Continue. */
  downstreamBuffer: ByteQueue | undefined;
  /** The write that is passing the filter. */
  upstreamBuffer: ByteQueue | undefined;
  /** What the filter has told Envoy for the filters behind it. */
  readonly filterState = new Map<string, string>();
  closedBy: "client" | "filter" | "next filter" | undefined;
  private readonly context: StreamContext;
  private readonly socket = new ByteQueue();
  private readonly readBuffer = new ByteQueue();
  private readonly next: NextFilter;
  private nextIsTold = false;
  private ended = false;

  constructor(
    private readonly vm: Vm,
    root: RootContext,
    /** The listener's `per_connection_buffer_limit_bytes`: with so many bytes unprocessed Envoy reads no more. */
    private readonly readBufferLimit_bytes: number,
    next: (connection: Connection) => NextFilter,
  ) {
    this.next = next(this);
    this.context = vm.createStream(root, this);
    const { id } = this.context;
    const status = vm.call(
      "proxy_on_new_connection",
      this.context,
      () => vm.exports.proxy_on_new_connection?.(id) ?? 0,
    );
    if (status === 0) this.tellNext();
    else if (!this.next.onNewConnection) {
      throw new Error("the filter stops the chain in on_new_connection: HCM would never be made");
    }
  }

  get open(): boolean {
    return this.closedBy === undefined;
  }

  /** Bytes that wait in Envoy's read buffer. */
  get heldBytes(): number {
    return this.readBuffer.length;
  }

  /** Bytes that Envoy has not read, because its read buffer is full: the client's TCP window. */
  get unreadBytes(): number {
    return this.socket.length;
  }

  /** The client sends; Envoy reads what its buffer takes. */
  receive(bytes: Uint8Array): void {
    if (!this.open) return;
    this.socket.append(bytes);
    this.read();
  }

  /** The client ends its side of the connection, and goes on reading. */
  endByClient(): void {
    this.ended = true;
    this.read();
  }

  closeByClient(): void {
    this.close("client", CloseType.REMOTE);
  }

  closeByFilter(): void {
    this.close("filter", CloseType.LOCAL);
  }

  closeByNextFilter(): void {
    this.close("next filter", CloseType.LOCAL);
  }

  /** The next filter gets the whole read buffer, if there is anything in it. */
  continueReading(): void {
    if (!this.open) return;
    if (this.readBuffer.length > 0) this.next.onData(this.readBuffer);
    this.resumeReading();
  }

  /** Somebody took bytes out of the read buffer: Envoy reads on, if there was no room before. */
  resumeReading(): void {
    if (this.socket.length > 0) this.vm.process.loop.post(() => this.read());
  }

  /** The next filter writes towards the client, through our filter. */
  write(bytes: Uint8Array): void {
    if (!this.open) return;
    const buffer = new ByteQueue();
    buffer.append(bytes);
    this.upstreamBuffer = buffer;
    const { id } = this.context;
    const status = this.vm.call("proxy_on_upstream_data", this.context, () =>
      this.vm.exports.proxy_on_upstream_data(id, buffer.length, 0),
    );
    this.upstreamBuffer = undefined;
    if (status !== 0) throw new Error("the filter stops a write: Envoy would throw its bytes away");
    if (this.open) this.received.append(buffer.view());
  }

  private read(): void {
    const room = this.readBufferLimit_bytes - this.readBuffer.length;
    if (!this.open || (this.socket.length === 0 && !this.ended) || room <= 0) return;
    this.readBuffer.append(this.socket.take(room));
    const end = this.ended && this.socket.length === 0;
    this.downstreamBuffer = this.readBuffer;
    const { id } = this.context;
    const status = this.vm.call("proxy_on_downstream_data", this.context, () =>
      this.vm.exports.proxy_on_downstream_data(id, this.readBuffer.length, end ? 1 : 0),
    );
    if (!this.open) return;
    if (status === 0) {
      this.downstreamBuffer = undefined;
      this.tellNext();
      if (this.readBuffer.length > 0) this.next.onData(this.readBuffer);
      if (end) this.next.onEnd?.();
    }
    this.resumeReading();
  }

  private tellNext(): void {
    if (this.nextIsTold) return;
    this.nextIsTold = true;
    this.next.onNewConnection?.();
  }

  private close(by: NonNullable<Connection["closedBy"]>, type: number): void {
    if (!this.open) return;
    this.closedBy = by;
    const { exports } = this.vm;
    const { id } = this.context;
    this.vm.call("proxy_on_downstream_connection_close", this.context, () =>
      exports.proxy_on_downstream_connection_close?.(id, type),
    );
    this.vm.deleteStream(this.context);
    this.next.onConnectionClose();
  }
}
