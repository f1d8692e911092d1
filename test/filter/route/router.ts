import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

interface Exports {
  memory: WebAssembly.Memory;
  allocate(bytes: number): number;
  free(address: number): void;
  read(json: number, length: number, protocol: number): number;
  drop(table: number): void;
  errorAddress(): number;
  errorBytes(): number;
  slotOf(table: number, name: number, length: number): number;
  clear(): void;
  set(slot: number, address: number, length: number): void;
  service(address: number, length: number): void;
  route(table: number): number;
  routeLinear(table: number): number;
  routeOften(table: number, times: number): bigint;
  cluster(table: number, random: number): number;
  lastLength(): number;
  virtualHostName(): number;
  hasTransitions(table: number, service: number, length: number): number;
  builtinSlot(table: number, builtin: number): number;
  namedCount(table: number): number;
  maxMessageBytes(table: number): number;
  clusterSetting(field: number): number;
  connectionSetting(table: number, field: number): number;
  hash(address: number, length: number): number;
}

/** A value of a message: text, or bytes that are no text. */
export type Value = string | Uint8Array;

export interface Call {
  readonly service: string;
  readonly attributes: Readonly<Record<string, Value>>;
}

const root = resolve(import.meta.dirname, "../../..");
const entry = join(import.meta.dirname, "entry.as.ts");

/** Where a call's bytes are put: more than any test needs. */
const CALL_BYTES = 1 << 20;

/** The filter's `config` and `route` in a VM of their own. */
export class Router {
  private readonly wasm: Exports;
  private readonly call: number;

  constructor(module: WebAssembly.Module) {
    const instance = new WebAssembly.Instance(module, { env: { abort: () => {} } });
    this.wasm = instance.exports as unknown as Exports;
    this.call = this.wasm.allocate(CALL_BYTES);
  }

  /** The table of a configuration, or the reason why there is none. */
  read(config: unknown, protocol = 0): Table | string {
    const json =
      config instanceof Uint8Array ? config : encode(typeof config === "string" ? config : JSON.stringify(config));
    const address = this.wasm.allocate(Math.max(json.length, 1));
    this.bytes.set(json, address);
    const table = this.wasm.read(address, json.length, protocol);
    // The table must not point into what it was read from.
    this.bytes.fill(0xa5, address, address + json.length);
    this.wasm.free(address);
    return table ? new Table(this, this.wasm, table) : this.text(this.wasm.errorAddress(), this.wasm.errorBytes());
  }

  /** The table of a configuration that must be good. */
  table(config: unknown): Table {
    const table = this.read(config);
    if (typeof table === "string") throw new Error(table);
    return table;
  }

  hash(name: string): number {
    const [place] = this.put([name]);
    return place === undefined ? 0 : this.wasm.hash(place.address, place.length) >>> 0;
  }

  get memoryBytes(): number {
    return this.wasm.memory.buffer.byteLength;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.wasm.memory.buffer);
  }

  text(address: number, length: number): string {
    return new TextDecoder("utf-8", { fatal: true }).decode(this.bytes.slice(address, address + length));
  }

  /** Puts texts one after the other and gives their addresses. */
  put(values: readonly Value[]): { address: number; length: number }[] {
    let at = this.call;
    return values.map((value) => {
      const data = typeof value === "string" ? encode(value) : value;
      this.bytes.set(data, at);
      const place = { address: at, length: data.length };
      at += data.length;
      return place;
    });
  }
}

export class Table {
  constructor(
    private readonly router: Router,
    private readonly wasm: Exports,
    readonly address: number,
  ) {}

  /** Order of the route that the index finds: -1 no route, -2 no such service. */
  find(call: Call): number {
    this.load(call);
    return this.wasm.route(this.address);
  }

  /** The same by evaluating the routes one after the other. */
  findLinear(call: Call): number {
    this.load(call);
    return this.wasm.routeLinear(this.address);
  }

  cluster(call: Call, random: number): string {
    this.load(call);
    const address = this.wasm.cluster(this.address, random);
    return this.router.text(address, this.wasm.lastLength());
  }

  /** minTunnels, maxTunnels, callsPerTunnel, maxTunnelAge_ms, maxTunnelCalls of the call's cluster. */
  clusterSettings(call: Call): number[] {
    this.cluster(call, 0);
    return [0, 1, 2, 3, 4].map((field) => this.wasm.clusterSetting(field) >>> 0);
  }

  /** maxAge_ms, idleTimeout_ms, tunnelIdleTimeout_ms. */
  get connectionSettings(): number[] {
    return [0, 1, 2].map((field) => this.wasm.connectionSetting(this.address, field) >>> 0);
  }

  virtualHost(call: Call): string {
    this.find(call);
    const address = this.wasm.virtualHostName();
    return this.router.text(address, this.wasm.lastLength());
  }

  /** Nanoseconds of one look-up. */
  time(call: Call, times: number): number {
    this.load(call);
    this.wasm.routeOften(this.address, times);
    const start = process.hrtime.bigint();
    this.wasm.routeOften(this.address, times);
    return Number(process.hrtime.bigint() - start) / times;
  }

  hasTransitions(service: string): boolean {
    const [place] = this.router.put([service]);
    return place !== undefined && this.wasm.hasTransitions(this.address, place.address, place.length) !== 0;
  }

  builtinSlot(builtin: number): number {
    return this.wasm.builtinSlot(this.address, builtin);
  }

  get namedCount(): number {
    return this.wasm.namedCount(this.address);
  }

  get maxMessageBytes(): number {
    return this.wasm.maxMessageBytes(this.address) >>> 0;
  }

  free(): void {
    this.wasm.drop(this.address);
  }

  private load(call: Call): void {
    const names = Object.keys(call.attributes);
    const places = this.router.put([call.service, ...names, ...Object.values(call.attributes)]);
    const place = (index: number) => places[index] ?? { address: 0, length: 0 };
    this.wasm.service(place(0).address, place(0).length);
    this.wasm.clear();
    names.forEach((_, i) => {
      const name = place(1 + i);
      const value = place(1 + names.length + i);
      const slot = this.wasm.slotOf(this.address, name.address, name.length);
      if (slot >= 0) this.wasm.set(slot, value.address, value.length);
    });
  }
}

/**
 * Compiles the entry as the filter is compiled. The outcome lies in a temporary directory under the hash of its sources, so that
 * one of the test files compiles for all.
 */
export async function compileRouter(): Promise<WebAssembly.Module> {
  const directory = join(tmpdir(), "meltemi-test-route");
  const wasm = join(directory, `${hashOfSources()}.wasm`);
  if (!existsSync(wasm)) {
    mkdirSync(directory, { recursive: true });
    const own = join(directory, `${process.pid}.wasm`);
    const config = join(directory, `${process.pid}.json`);
    const options = { runtime: "minimal", use: ["abort="], enable: ["simd"], optimizeLevel: 3, noAssert: true };
    writeFileSync(config, JSON.stringify({ options }));
    const asc = join(dirname(createRequire(import.meta.url).resolve("assemblyscript/package.json")), "bin/asc.js");
    await promisify(execFile)(process.execPath, [asc, entry, "--config", config, "--outFile", own], { cwd: root });
    renameSync(own, wasm);
  }
  return new WebAssembly.Module(readFileSync(wasm));
}

function hashOfSources(): string {
  const hash = createHash("sha256").update(readFileSync(entry));
  const filter = join(root, "filter");
  const files = readdirSync(filter, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  for (const file of files.sort()) hash.update(`\0${file}\0`).update(readFileSync(join(filter, file)));
  return hash.digest("hex").slice(0, 16);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
