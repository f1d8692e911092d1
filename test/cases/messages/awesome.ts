import { type AwesomeKind, decodeAwesome, encodeAwesome } from "../../support/awesome.js";
import { type ProtocolMessages, pairs, type ReceivedMessage } from "./protocol-messages.js";

/**
 * Messages of the declared protocol `awesome` (test/filter/codec/declared-awesome) in cases.
 *
 *     call ID SERVICE.METHOD [size=BYTES] [KEY=VALUE …]       oneway ID …       KEY: a tag of the header
 *     answer ID [status=N] [size=BYTES]
 *     heartbeat ID · heartbeat-answer ID
 */
export const awesome: ProtocolMessages = { encode, decode };

function encode(kind: string, [second = "", ...rest]: string[]): Uint8Array {
  const id = Number(second);
  switch (kind) {
    case "call":
    case "oneway": {
      const [target = "", ...options] = rest;
      const { size = "3", ...tags } = pairs(options);
      const [service = "", method = ""] = target.split(".");
      return encodeAwesome({
        kind: kind as AwesomeKind,
        id,
        service,
        method,
        tags,
        body: Buffer.alloc(Number(size), "a"),
      });
    }
    case "answer": {
      const { status = "0", size = "3" } = pairs(rest);
      return encodeAwesome({ kind: "answer", id, status: Number(status), body: Buffer.alloc(Number(size), "b") });
    }
    case "heartbeat":
      return encodeAwesome({ kind: "heartbeat", id });
    case "heartbeat-answer":
      return encodeAwesome({ kind: "answer", id });
    default:
      throw new Error(`no message "${kind}"`);
  }
}

function decode(bytes: Uint8Array): ReceivedMessage | undefined {
  const message = decodeAwesome(bytes);
  if (!message) return undefined;
  const { kind, id, service, method, status = 0, text = "" } = message;
  const description = `${kind} ${service}.${method}, id ${id}, status ${status} "${text}", ${message.bytes.length} bytes`;
  return { bytes: message.bytes, id: BigInt(id), status, description, ...(status !== 0 && { text }) };
}
