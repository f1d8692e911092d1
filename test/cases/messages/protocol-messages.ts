/** A whole message, as an expectation of a case looks at it. */
export interface ReceivedMessage {
  bytes: Uint8Array;
  /** Undefined where the protocol has none. */
  id?: bigint;
  /** Of an answer: the protocol's own status. */
  status?: number;
  /** Of an error reply: what it says. */
  text?: string;
  /** One line that a failing case can print. */
  description: string;
}

/** How cases write and read the messages of one protocol. */
export interface ProtocolMessages {
  /** The bytes of a message: KIND, then the words behind it, the first of which is what the case calls it by (an id mostly). */
  encode(kind: string, words: string[]): Uint8Array;
  /** The first message in `bytes`, or undefined while it is not whole. Throws on anything else. */
  decode(bytes: Uint8Array, direction: "request" | "response"): ReceivedMessage | undefined;
}

/** Words of the form KEY=VALUE. */
export function pairs(words: string[]): Record<string, string> {
  return Object.fromEntries(words.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]));
}
