import { readFile } from "node:fs/promises";
import { MeltemiError } from "../error/meltemi-error.js";
import { type CapturedMessage, type Direction, decodeCapture } from "../evaluate/decode.js";
import { loadFilter } from "../evaluate/filter-vm.js";
import { parseResource } from "../resource/parse-resource.js";
import { recognise } from "../resource/recognise.js";
import type { ApplicationProtocol } from "../resource/resource.js";
import { DirectoryReader } from "../source/directory-reader.js";
import { formatProblem } from "../status/format.js";
import { readCapture } from "./read-capture.js";
import { readWasm } from "./wasm-option.js";

export interface CaptureOptions {
  readonly capture: string;
  readonly direction: Direction;
  /** Undefined: the only one that is declared. */
  readonly protocol: string | undefined;
  readonly attribute: readonly string[];
}

export interface CheckedCapture {
  readonly bytes: Uint8Array;
  readonly messages: readonly CapturedMessage[];
}

/** Runs a declaration of the directory over the bytes in a file. */
export async function checkCapture(directory: string, options: CaptureOptions): Promise<CheckedCapture> {
  const { capture, direction, protocol, attribute } = options;
  const { declared } = await declaredIn(directory, protocol);
  const file = await readFile(capture).catch(() => undefined);
  if (file === undefined) throw new MeltemiError("USAGE", `"${capture}" cannot be read: name the file with the bytes`);
  const bytes = readCapture(file);
  return { bytes, messages: decodeCapture(loadFilter(await readWasm()), declared, bytes, direction, attribute) };
}

async function declaredIn(
  directory: string,
  wanted: string | undefined,
): Promise<Required<Pick<ApplicationProtocol["spec"], "declared">>> {
  const state = await new DirectoryReader(directory, recognise).read();
  const parsed = state.resources.map(parseResource).filter(({ identity }) => identity.kind === "ApplicationProtocol");
  const problems = parsed.flatMap((one) => one.problems);
  const specs = parsed.flatMap(({ resource }) =>
    resource === undefined ? [] : [(resource as ApplicationProtocol).spec],
  );
  const found = specs.filter(({ declared, protocol }) => declared && (wanted === undefined || protocol === wanted));
  const [first] = found;
  if (first?.declared !== undefined && found.length === 1) return { declared: first.declared };
  if (problems.length > 0) throw new MeltemiError("USAGE", problems.map(formatProblem).join("\n"));
  const names = specs.filter(({ declared }) => declared).map(({ protocol }) => protocol);
  const there = names.length === 0 ? "nothing is declared there" : `declared are ${names.join(", ")}`;
  throw new MeltemiError(
    "USAGE",
    wanted === undefined ? `say by --protocol which protocol of "${directory}" it is: ${there}` : `${wanted}: ${there}`,
  );
}

/** Whether nothing is wrong with it. */
export function isWhole({ step, missing }: CapturedMessage): boolean {
  return step === "done" && missing === 0;
}

/** Bytes that are shown of what is wrong. */
const SHOWN_BYTES = 16;

export function captureText({ bytes, messages }: CheckedCapture): string {
  const lines = messages.flatMap((message) => linesOf(message, bytes));
  const good = messages.filter(isWhole).length;
  lines.push(`${good} of ${messages.length} messages can be read, ${bytes.length} bytes`);
  return `${lines.join("\n")}\n`;
}

function linesOf(message: CapturedMessage, bytes: Uint8Array): readonly string[] {
  const { step, offset, total, kind, id, status, ok, service, method, attributes, reason, at, need, framed, missing } =
    message;
  const where = `offset ${offset}`;
  if (step === "more") {
    const there = bytes.length - offset;
    return [`${where}: the message goes on: ${there} bytes are there, at least ${need} are needed`];
  }
  if (step === "bad") {
    const wrong = bytes.subarray(offset + at, offset + at + SHOWN_BYTES);
    const shown =
      wrong.length === 0
        ? "the message ends there"
        : Buffer.from(wrong)
            .toString("hex")
            .replaceAll(/(..)(?=.)/g, "$1 ");
    const size = framed ? `, ${total} bytes, ${kind} id ${id}` : "";
    return [`${where}${size}: ${reason} at byte ${at} of the message: ${shown}`];
  }
  const answer = kind === "ANSWER" ? `, status ${status} (${ok ? "success" : "no success"})` : "";
  const called = [service === null ? "" : `, service ${service}`, method === null ? "" : `, method ${method}`].join("");
  const values = Object.entries(attributes).map(([name, value]) => `    ${name}: ${value}`);
  const size = missing > 0 ? `${total} bytes, ${missing} of them not there` : `${total} bytes`;
  return [`${where}, ${size}: ${kind} id ${id}${called}${answer}`, ...values];
}
