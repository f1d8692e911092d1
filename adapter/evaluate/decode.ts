import type { DeclaredProtocol } from "../model/model.js";
import { DECLARED } from "../model/protocols.js";
import { FilterVm } from "./filter-vm.js";
import type { WasmModule } from "./web-assembly.js";

export type Direction = "request" | "response";

/** What the filter reads in a message, or what is wrong with it. */
export interface DecodedMessage {
  /** `more`: it goes on behind what is there. */
  readonly step: "done" | "more" | "bad";
  /** Whether its head is sound, so that the next message can be found. */
  readonly framed: boolean;
  readonly total: number;
  readonly kind: string;
  readonly id: string;
  readonly status: number;
  readonly ok: boolean;
  readonly need: number;
  readonly reason: string;
  /** Where what is wrong begins, from its first byte on. */
  readonly at: number;
  readonly service: string | null;
  readonly method: string | null;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface CapturedMessage extends DecodedMessage {
  readonly offset: number;
  /** Of its bytes these are not there, though all that is asked for is. */
  readonly missing: number;
}

/** The messages that bytes of one direction are, by the filter's own code, each with its offset. The last may be cut, or bad. */
export function decodeCapture(
  wasm: WasmModule,
  { program, attributes }: DeclaredProtocol,
  bytes: Uint8Array,
  direction: Direction,
  keys: readonly string[] = [],
): readonly CapturedMessage[] {
  const vm = new FilterVm(wasm, DECLARED);
  // Of attributes the filter reads those that routes ask for.
  const routes = [...attributes, ...keys].map((name) => ({
    match: { attributes: [{ name, present_match: true }] },
    route: { cluster: "none" },
  }));
  const refusal = vm.configure(JSON.stringify({ program, virtual_hosts: [{ name: "all", services: ["*"], routes }] }));
  if (refusal !== undefined) throw new TypeError(`the filter refuses the program: ${refusal}`);
  const messages: CapturedMessage[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const message = JSON.parse(vm.decode(bytes.subarray(offset), direction === "request")) as DecodedMessage;
    const missing = message.framed ? Math.max(0, offset + message.total - bytes.length) : 0;
    messages.push({ ...message, offset, missing });
    if (message.step === "more" || !message.framed) break;
    offset += message.total;
  }
  return messages;
}
