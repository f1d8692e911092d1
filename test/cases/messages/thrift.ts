import {
  type DecodedMessage,
  decodeThrift,
  encodeThrift,
  type MessageType,
  type Protocol,
  type Transport,
  type Value,
} from "../../support/thrift.js";
import { type ProtocolMessages, pairs, type ReceivedMessage } from "./protocol-messages.js";

/**
 * Thrift's messages in cases. They are framed binary where nothing else is said, and their seqid is ID, unless ID is a name.
 *
 *     call ID [SERVICE:]METHOD [OPTION …]     oneway ID …     answer ID METHOD ["text"] [OPTION …]
 *
 *     transport=unframed|header   protocol=old|compact   seqid=N   size=BYTES (of the text)   sequence=N (THeader's number)
 *     arg.N=TEXT   int.N=NUMBER   header.KEY=VALUE   error=TYPE (the answer is a TApplicationException)   declared=N (… an exception in field N)
 */
export const thrift: ProtocolMessages = { encode, decode };

const KINDS: Readonly<Record<string, MessageType>> = { call: "call", oneway: "oneway", answer: "reply" };

function encode(kind: string, [id = "", name = "", ...words]: string[]): Uint8Array {
  const type = KINDS[kind];
  if (type === undefined) throw new Error(`no message "${kind}"`);
  const options = pairs(words.filter((word) => word.includes("=")));
  const [said = "pong"] = words.filter((word) => !word.includes("="));
  const text = options.size === undefined ? said : "x".repeat(Number(options.size));
  const { error } = options;
  return encodeThrift({
    type: error === undefined ? type : "exception",
    name,
    seqid: Number(options.seqid ?? id),
    transport: (options.transport ?? "framed") as Transport,
    protocol: (options.protocol ?? "binary") as Protocol,
    sequence: Number(options.sequence ?? 0),
    header: prefixed(options, "header."),
    fields: type === "reply" ? resultOf(text, options) : argumentsOf(text, options),
  });
}

function argumentsOf(text: string, options: Record<string, string>): Map<number, Value> {
  const fields: [string, Value][] = [
    ...Object.entries(prefixed(options, "arg.")),
    ...Object.entries(prefixed(options, "int.")).map(([id, value]): [string, number] => [id, Number(value)]),
  ];
  if (options.size !== undefined) fields.unshift(["1", text]);
  return new Map(fields.map(([id, value]) => [Number(id), value]));
}

function resultOf(text: string, { error, declared }: Record<string, string>): Map<number, Value> {
  if (error !== undefined)
    return new Map<number, Value>([
      [1, text],
      [2, Number(error)],
    ]);
  return declared === undefined ? new Map([[0, text]]) : new Map([[Number(declared), new Map([[1, text]])]]);
}

function prefixed(options: Record<string, string>, prefix: string): Record<string, string> {
  const entries = Object.entries(options).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(prefix.length), value]));
}

function decode(bytes: Uint8Array): ReceivedMessage | undefined {
  const message = decodeThrift(bytes);
  if (!message) return undefined;
  const { seqid, type, fields } = message;
  const isError = type === "exception";
  return {
    bytes: message.bytes,
    id: BigInt(seqid),
    description: describe(message),
    ...(isError && { status: Number(fields?.get(2)), text: `${describe(message)}: ${fields?.get(1)}` }),
  };
}

/** Such as `framed binary exception place 7`: what a reply must repeat of its call is there too. */
function describe({ transport, protocol, type, name, seqid, sequence }: DecodedMessage): string {
  const number = sequence === undefined ? "" : ` number ${sequence}`;
  return `${transport} ${protocol} ${type} ${name} ${seqid}${number}`;
}
