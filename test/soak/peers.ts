import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const SOURCES = fileURLToPath(new URL("peers", import.meta.url));
const BINARY = fileURLToPath(new URL("bin/peers", import.meta.url));

/** What a group of clients calls: test/soak/peers/client.go says more. */
export interface CalledService {
  readonly name: string;
  readonly cluster: string;
  readonly users: readonly string[];
  readonly answers: readonly number[];
  readonly arguments: readonly number[];
  readonly may_fail?: boolean;
  readonly must_fail?: boolean;
  readonly may_close?: boolean;
}

export interface ClientGroup {
  readonly kind: string;
  readonly count: number;
  readonly in_flight?: number;
  readonly think_ms: number;
  readonly services: readonly CalledService[];
}

export interface Report {
  readonly counts: Readonly<Record<string, number>>;
  readonly latencies: Readonly<Record<string, { p50_ms: number; p99_ms: number; max_ms: number }>>;
  readonly failures: number;
  readonly texts?: readonly string[];
}

interface Reply extends Report {
  readonly number: number;
  readonly error?: string;
  readonly port?: number;
}

/** The native process that is all clients and all upstreams. */
export class Peers {
  readonly exited: Promise<void>;
  private readonly waiting = new Map<number, (reply: Reply) => void>();
  private last = 0;

  private constructor(private readonly child: ChildProcessByStdio<Writable, Readable, null>) {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const reply = JSON.parse(line) as Reply;
      this.waiting.get(reply.number)?.(reply);
      this.waiting.delete(reply.number);
    });
    this.exited = new Promise((resolve) => child.once("exit", () => resolve()));
  }

  static async start(seed: number): Promise<Peers> {
    try {
      execFileSync("go", ["build", "-o", BINARY, "."], { cwd: SOURCES, stdio: ["ignore", "ignore", "inherit"] });
    } catch (cause) {
      throw new Error("the soak's peers do not build: they need Go 1.22 or later on the PATH", { cause });
    }
    const peers = new Peers(spawn(BINARY, { stdio: ["pipe", "pipe", "inherit"] }));
    await peers.tell({ do: "seed", seed });
    return peers;
  }

  /** Starts an endpoint and returns its port. Its answers bear its name up to the first dot. */
  async listen(name: string, behaviour: string, port = 0): Promise<number> {
    const { port: bound = 0 } = await this.tell({ do: "listen", name, behaviour, port });
    return bound;
  }

  /** In order: as Dubbo leaves. Else at once, with calls in flight. Calls that are in flight within `excused.ms` from now may fail; in order those alone that no server has read. */
  async stop(
    name: string,
    inOrder: boolean,
    excused?: { readonly service: string; readonly ms: number },
  ): Promise<void> {
    await this.tell({ do: "stop", name, in_order: inOrder, ...excused });
  }

  /** From now on calls of this service and user are for these servers alone. */
  async allow(service: string, user: string, tags: readonly string[]): Promise<void> {
    await this.tell({ do: "allow", service, user, tags });
  }

  async connectTo(addresses: readonly string[]): Promise<void> {
    await this.tell({ do: "addresses", addresses });
  }

  /** While an Envoy is about to end, connections that it has never accepted may fail. */
  async restarting(on: boolean): Promise<void> {
    await this.tell({ do: "restarting", on });
  }

  async clients(group: ClientGroup, longestMessage_bytes: number): Promise<void> {
    await this.tell({ do: "clients", group, maximum: longestMessage_bytes });
  }

  async report(): Promise<Report> {
    return this.tell({ do: "report" });
  }

  /** No new calls; resolves when all in flight have ended, well or badly. */
  async finish(): Promise<Report> {
    return this.tell({ do: "finish" });
  }

  async stopProcess(): Promise<void> {
    this.child.stdin.end();
    await this.exited;
  }

  private async tell(command: object): Promise<Reply> {
    const number = ++this.last;
    const reply = await new Promise<Reply>((resolve, reject) => {
      this.waiting.set(number, resolve);
      this.exited.then(() => reject(new Error("the soak's peers have ended by themselves")));
      this.child.stdin.write(`${JSON.stringify({ number, ...command })}\n`);
    });
    if (reply.error !== undefined) throw new Error(`${JSON.stringify(command)}: ${reply.error}`);
    return reply;
  }
}
