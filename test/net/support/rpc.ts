import { fileURLToPath } from "node:url";
import { runToEnd } from "../../cli/support/meltemi.js";
import { Program } from "../../interop/support/program.js";
import { answerText, decodeMessage, encodeCall } from "../../support/dubbo.js";
import { decodeThrift, encodeThrift } from "../../support/thrift.js";
import type { Host } from "./host.js";
import type { Family } from "./plane.js";

export type RpcProtocol = "dubbo" | "thrift";

/** The service's name in messages. */
export const SERVICE = "shop.Orders";

/** What the server says of a call. */
export interface RpcSeen {
  /** The server's. */
  readonly name: string;
  /** Of the connection, as are the addresses of its two ends. */
  readonly family: Family;
  readonly peer: string;
  readonly at: string;
}

/** What became of a call: an answer of the server's, an error of the protocol's, or the end of the connection. */
export type Outcome =
  | ({ readonly kind: "answer" } & RpcSeen)
  | { readonly kind: "error"; readonly text: string }
  | { readonly kind: "end"; readonly reason: string };

const OK = 20;
const TIMEOUT_MS = 8_000;

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Serves calls in a host, at all addresses of the families that it has. */
export async function startRpcServer(
  host: Host,
  name: string,
  protocol: RpcProtocol,
  port: number,
  addresses: readonly string[] = [
    ...(host.ipv4 === undefined ? [] : ["0.0.0.0"]),
    ...(host.ipv6 === undefined ? [] : ["::"]),
  ],
): Promise<Program> {
  const args = [file("rpc-server.mjs"), name, protocol, String(port), ...addresses];
  const [command = "", ...rest] = [...host.inside, process.execPath, ...args];
  const program = new Program(name, command, rest);
  await program.line("ready");
  return program;
}

/** One call on a connection of its own. */
export async function call(
  inside: readonly string[],
  protocol: RpcProtocol,
  address: string,
  port: number,
  service = SERVICE,
): Promise<Outcome> {
  const bytes = protocol === "dubbo" ? dubboCall(service) : thriftCall(service);
  const args = [file("exchange.mjs"), address, String(port), bytes.toString("hex"), String(TIMEOUT_MS)];
  const [command = "", ...rest] = [...inside, process.execPath, ...args];
  const { stdout, stderr } = await runToEnd(command, rest);
  if (stdout === "") throw new Error(stderr);
  const { received, error } = JSON.parse(stdout) as { readonly received: string; readonly error: string };
  if (received === "") return { kind: "end", reason: error };
  return (protocol === "dubbo" ? dubboOutcome : thriftOutcome)(Buffer.from(received, "hex"));
}

function dubboCall(service: string): Buffer {
  return encodeCall({ id: 7, service, method: "find", args: ["1"] });
}

function thriftCall(service: string): Buffer {
  return encodeThrift({ type: "call", seqid: 7, name: `${service}:find` });
}

function dubboOutcome(bytes: Buffer): Outcome {
  const message = decodeMessage(bytes);
  if (message === undefined) return { kind: "end", reason: `not Dubbo's: ${bytes.toString("hex")}` };
  const text = answerText(message);
  return message.status === OK ? seen(text) : { kind: "error", text };
}

function thriftOutcome(bytes: Buffer): Outcome {
  const message = decodeThrift(bytes);
  if (message === undefined) return { kind: "end", reason: `not Thrift's: ${bytes.toString("hex")}` };
  return message.type === "reply"
    ? seen(String(message.fields?.get(0)))
    : { kind: "error", text: JSON.stringify([...(message.fields ?? [])]) };
}

function seen(text: string): Outcome {
  return { kind: "answer", ...(JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1)) as RpcSeen) };
}
