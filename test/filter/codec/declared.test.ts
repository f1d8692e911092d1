import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Codec, type Decoded, REPLY_CODES, replyNumber, SCAN_WINDOW_BYTES } from "./codec.js";
import { declaredProgram } from "./declared.js";
import { protocolFolders, readCases } from "./literate.js";
import { parseBytes } from "./notation.js";
import { Random } from "./random.js";

const folders = protocolFolders().filter((folder) => declaredProgram(folder) !== undefined);
const codecs = new Map<string, Codec>();

beforeAll(async () => {
  for (const folder of ["dubbo", ...folders]) codecs.set(folder, await Codec.load(folder));
});

function codecOf(folder: string): Codec {
  return codecs.get(folder) as Codec;
}

function decodeOnce(codec: Codec, bytes: Buffer, direction: "request" | "response"): Decoded {
  return codec.decode(bytes, { direction, maxMessageBytes: 16 << 20, shown: bytes.length, window: SCAN_WINDOW_BYTES });
}

const captures = join(import.meta.dirname, "dubbo/captures");

describe.each(readdirSync(captures))("Dubbo declared and native, on the capture %s", (file) => {
  const bytes = parseBytes(readFileSync(join(captures, file), "utf8"), captures);
  const direction = file.endsWith("-response.hex") ? "response" : "request";

  it("say the same of it", () => {
    const [native, declared] = ["dubbo", "declared-dubbo"].map((folder) => {
      const codec = codecOf(folder);
      codec.demand(["interface", "method", "version"]);
      return decodeOnce(codec, bytes, direction);
    }) as [Decoded, Decoded];
    const { step, total, id, kind, framed, service, method, attributes, status, ok } = native;
    expect(declared).toMatchObject({ total, id, kind, framed });
    if (kind === "ANSWER") expect(declared).toMatchObject({ step, status, ok });
    // The texts of fastjson2 are not declared.
    else if (!file.includes("fastjson2")) expect(declared).toMatchObject({ step, service, method, attributes });
  });
});

describe("replies of a declared protocol", () => {
  const TEXT = Buffer.from("no route for “订单”");

  it("are those of Dubbo, where that is declared", () => {
    const native = codecOf("dubbo");
    const declared = codecOf("declared-dubbo");
    for (const code of REPLY_CODES) {
      // A shorter text is written in its shorter form.
      for (const text of ["x".repeat(32), "y".repeat(512), "订单".repeat(20)]) {
        const bytes = Buffer.from(text);
        expect(declared.writeError(7n, 2, code, bytes)).toEqual(native.writeError(7n, 2, code, bytes));
      }
      const number = replyNumber(code);
      expect(declared.wasm.replyStatus(number)).toBe(native.wasm.replyStatus(number));
    }
    const heartbeat = (codec: Codec, dialect: number): Buffer =>
      codec.written(64, (out) => codec.wasm.writeHeartbeatAnswer(out, 9n, dialect));
    expect(heartbeat(declared, 0xe2)).toEqual(heartbeat(native, 2));
    const goingAway = (codec: Codec): Buffer => codec.written(64, (out) => codec.wasm.writeGoingAway(out));
    expect(goingAway(declared)).toEqual(goingAway(native));
  });

  it("are read by the codec that wrote them", () => {
    for (const folder of folders) {
      const codec = codecOf(folder);
      const ordered = folder === "declared-text";
      const reply = codec.writeError(77n, 0, "UPSTREAM_FAILURE", TEXT, Buffer.from([5]));
      const decoded = decodeOnce(codec, reply, "response");
      expect(decoded).toMatchObject({ step: "DONE", kind: "ANSWER", total: reply.length, id: ordered ? 0n : 77n });
      if (folder !== "declared-thrift") expect(decoded.ok).toBe(false);
    }
  });

  it("have the message on one line, and what is escaped in JSON not in it", () => {
    const reply = codecOf("declared-json").writeError(5n, 0, "NOT_FOUND", Buffer.from('a "b"\n\\c'));
    expect(JSON.parse(reply.subarray(4).toString())).toEqual({
      jsonrpc: "2.0",
      error: { code: 1, message: "a 'b' /c" },
      id: 5,
    });
    expect(codecOf("declared-text").writeError(5n, 0, "NOT_FOUND", Buffer.from("a\r\nb")).toString()).toBe(
      "-1 a  b\r\n",
    );
  });

  it("repeat bytes of the call, and zeros where there are none", () => {
    const codec = codecOf("declared-bolt");
    expect(codec.writeError(5n, 0, "NOT_FOUND", TEXT, Buffer.from([9]))[9]).toBe(9);
    expect(codec.writeError(5n, 0, "NOT_FOUND", TEXT)[9]).toBe(0);
  });
});

/** Programs of which the verifier is shown so many mutants. */
const MUTANTS = 3_000;
const PROGRAM_HEAD_BYTES = 112;

/** A change to an op, to the head, or to the pool. */
function mutate(program: Uint8Array, random: Random): Uint8Array {
  const bytes = Buffer.from(program);
  for (let i = 0; i <= random.below(3); i++) {
    const within = random.below(2)
      ? bytes.length
      : Math.min(bytes.length, PROGRAM_HEAD_BYTES + 16 * bytes.readUInt32LE(12));
    const at = random.below(within);
    if (random.below(2)) bytes[at] = random.below(256);
    else bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    if (!random.below(8))
      bytes.writeUInt32LE(random.pick([0, 1, 0x7fffffff, 0xffffffff, 4096]), at & ~3 & (bytes.length - 5));
  }
  return bytes;
}

describe.each(folders)("mutants of the program of %s", (folder) => {
  it("are refused, or run without a trap", { timeout: 120_000 }, async () => {
    const program = declaredProgram(folder) as Uint8Array;
    const cases = readCases(join(import.meta.dirname, folder)).filter(({ bytes }) => bytes.length < 700);
    const random = new Random(20_261_130);
    const codec = await Codec.load(folder);
    let run = 0;
    for (let i = 0; i < MUTANTS; i++) {
      const mutant = mutate(program, random);
      if (!codec.speakProgram(mutant)) continue;
      run++;
      const one = random.pick(cases);
      codec.demand(["user", "zone", "version", "tenant"]);
      for (const direction of ["request", "response"] as const) {
        for (const bytes of [
          one.bytes,
          random.bytes(random.below(80)),
          one.bytes.subarray(0, random.below(one.bytes.length)),
        ]) {
          try {
            codec.wasm.beginDirection();
            if (direction === "request") codec.decodeRequest(bytes, 1 << 20);
            else codec.decodeResponse(bytes);
          } catch (error) {
            throw new Error(`mutant ${i}: ${Buffer.from(mutant).toString("hex")} on ${bytes.toString("hex")}`, {
              cause: error,
            });
          }
        }
      }
      codec.writeError(5n, 0, "NOT_FOUND", Buffer.alloc(512, "x"), Buffer.alloc(512));
      codec.written(1024, (out) => codec.wasm.writeHeartbeatAnswer(out, 5n, 7));
      codec.written(1024, (out) => codec.wasm.writeGoingAway(out));
    }
    // Most of a program are literals, and numbers that may be others: what is run must be run too.
    expect(run).toBeGreaterThan(MUTANTS / 20);
    expect(run).toBeLessThan(MUTANTS);
  });
});
