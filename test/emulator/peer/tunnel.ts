import { ByteQueue } from "../../support/byte-queue.js";
import type { ReceiveWindow, SendWindow } from "./windows.js";

/** Why Envoy answers a CONNECT with 503: its response flag, and what else comes with it. */
export const REFUSALS = {
  UF: {
    text: "upstream connect error or disconnect/reset before headers. reset reason: connection failure",
    reset: 0x0a,
  },
  UH: { text: "no healthy upstream", reset: 0 },
  UO: { text: "upstream connect error or disconnect/reset before headers. reset reason: overflow", reset: 0 },
  NC: { text: "", reset: 0 },
} as const;

export type Refusal = keyof typeof REFUSALS;

/** What happens to the tunnels of one cluster when they are opened. */
export type Connect = "accept" | "wait" | Refusal;

/** One CONNECT stream: on its far side an upstream's connection, on which there are raw RPC bytes alone. */
export class Tunnel {
  /** What the upstream has received and no test has looked at yet. */
  readonly received = new ByteQueue();
  /** What the upstream has sent and the filter's window holds back. */
  readonly waiting = new ByteQueue();
  connected = false;
  /** Our RST_STREAM is on its way: nothing more comes from us. */
  resetting = false;
  /** We have ended the stream: no DATA may be opened on it any more. */
  ended = false;
  /** The filter has ended or reset the stream. */
  endedByFilter: "end" | "reset" | undefined;
  /** The upstream wants to end once its bytes are out. */
  ending = false;
  /** The host that the filter has asked for. */
  wanted: string | undefined;

  constructor(
    readonly id: number,
    readonly cluster: string,
    /** `address:port` of its upstream. */
    readonly host: string,
    readonly receiveWindow: ReceiveWindow,
    readonly sendWindow: SendWindow,
  ) {}

  get name(): string {
    return `stream ${this.id} (${this.cluster})`;
  }
}
