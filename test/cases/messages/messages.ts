import { awesome } from "./awesome.js";
import { brpc } from "./brpc.js";
import { dubbo } from "./dubbo.js";
import type { ProtocolMessages } from "./protocol-messages.js";
import { redis } from "./redis.js";
import { tars } from "./tars.js";
import { textLines } from "./text-lines.js";
import { thrift } from "./thrift.js";
import { trpc } from "./trpc.js";

const MESSAGES: Readonly<Record<string, ProtocolMessages>> = {
  brpc,
  "declared-awesome": awesome,
  "declared-text": textLines,
  dubbo,
  redis,
  tars,
  thrift,
  trpc,
};

/** The messages of a plugin's root id: "dubbo", "dubbo/observe". */
export function messagesOf(rootId: string): ProtocolMessages {
  const [protocol = ""] = rootId.split("/");
  const messages = MESSAGES[protocol];
  if (!messages) throw new Error(`cases know no messages of "${protocol}": add them to test/cases/messages`);
  return messages;
}
