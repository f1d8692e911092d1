import type { Connect } from "../emulator/peer/tunnel.js";
import type { Grant } from "../emulator/peer/windows.js";
import type { CARRIED_TABLES, TableName } from "./tables.js";

/** How bytes are cut: pieces of these sizes, then the rest; and whether the event loop turns between them. */
export interface Cut {
  sizes: number[];
  turns: boolean;
}

/** One thing that happens. `client` and `tunnel` count anew from 0 when they run over; what does not exist does nothing. */
export type Action =
  /** The client sends. */
  | { do: "send"; client: number; bytes: Buffer; cut: Cut }
  /**
   * An upstream sends. With `call` the last message gets the id of that one of the calls that arrived and wait. Of them only `now` go
   * out, and the rest is what the tunnel's next `answer` sends instead of its own.
   */
  | { do: "answer"; client: number; tunnel: number; bytes: Buffer; call?: number; now?: number; cut: Cut }
  /** Its connection ends, by FIN or by RST. */
  | { do: "end"; client: number; tunnel: number }
  | { do: "reset"; client: number; tunnel: number }
  /** What becomes of a cluster's next tunnels. */
  | { do: "decide"; cluster: string; outcome: Connect }
  | { do: "ping"; client: number }
  | { do: "leave"; client: number }
  /** Envoy drains: it says so, or (`final`) which tunnel is the last. */
  | { do: "goaway"; client: number; final: boolean }
  | { do: "settings"; client: number; streamWindow: number; maxFrameSize: number }
  /** Window that was withheld, for a tunnel or (−1) the connection. */
  | { do: "grant"; client: number; tunnel: number; length: number }
  /** HCM sends a frame that HTTP/2 allows and that says nothing. */
  | { do: "frame"; client: number; bytes: Buffer }
  /** So many seconds pass. */
  | { do: "tick"; times: number };

/**
 * A case: clients and upstreams that say anything, HCM that keeps to HTTP/2. Everything that is done is here, so that it can be
 * run again, cut otherwise, and made smaller.
 */
export interface CallScript {
  kind: "calls";
  table: TableName;
  clients: number;
  peer: {
    streamWindow: number;
    connectionWindow: number;
    maxFrameSize: number;
    grant: Grant;
    headers: "plain" | "incremental";
    /** Most bytes of one write of HCM's, 0 for no limit. */
    writeBytes: number;
    coalesce: boolean;
    /** All tunnels of a cluster lead to one host. */
    oneHost: boolean;
  };
  /** The event loop comes to rest after each action: what happens does not depend on how bytes are cut. */
  calm: boolean;
  actions: Action[];
}

/** A case with one client, where HCM too says anything. */
export interface FrameScript {
  kind: "frames";
  table: TableName;
  actions: FrameAction[];
}

export type FrameAction = { do: "send" | "write"; bytes: Buffer; cut: Cut };

/** A case with one client, of a connection that tcp_proxy carries: both sides say anything. */
export interface CarriedScript {
  kind: "carried";
  table: (typeof CARRIED_TABLES)[number];
  actions: FrameAction[];
}

export type Script = CallScript | FrameScript | CarriedScript;

/** Bytes as hexadecimal digits. */
export function printScript(script: Script): string {
  const { actions, ...rest } = script;
  const lines = actions.map((action) => `    ${JSON.stringify(action, bytesAsHex)}`);
  return `{ ${JSON.stringify(rest).slice(1, -1)},\n  "actions": [\n${lines.join(",\n")}\n] }`;
}

export function readScript(text: string): Script {
  return JSON.parse(text, (key, value) => (key === "bytes" ? Buffer.from(value as string, "hex") : value)) as Script;
}

function bytesAsHex(this: unknown, key: string, value: unknown): unknown {
  return key === "bytes" ? (this as { bytes: Buffer }).bytes.toString("hex") : value;
}
