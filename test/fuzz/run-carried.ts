import type { Connection } from "../emulator/connection.js";
import { TcpProxy } from "../emulator/tcp-proxy.js";
import { inPieces } from "./cut.js";
import type { CarriedScript } from "./script.js";
import { HEAD_BYTES, MessageStream } from "./stream.js";
import { maxMessageBytes } from "./tables.js";
import { total, type World } from "./world.js";

const OWN_CLUSTER = "v1";
const ANY_LENGTH = 2 ** 31 + 16;

/** Runs one script of a carried connection in a world, and throws at the first thing that must not be. */
export class CarriedRun {
  private readonly connection: Connection;
  private readonly proxy: TcpProxy;
  private readonly sent: Buffer[] = [];
  private readonly said: Buffer[] = [];
  private readonly closedBefore: number;
  private readonly connectionsBefore: number;

  constructor(
    private readonly world: World,
    private readonly script: CarriedScript,
  ) {
    this.closedBefore = total(world.closedBy(script.table));
    this.connectionsBefore = world.connections;
    let proxy: TcpProxy | undefined;
    this.connection = world.connect(script.table, (made) => {
      proxy = new TcpProxy(made, OWN_CLUSTER);
      return proxy;
    });
    this.proxy = proxy as unknown as TcpProxy;
  }

  run(): void {
    const { connection, proxy, world } = this;
    for (const { do: what, bytes, cut } of this.script.actions) {
      // There is no upstream before tcp_proxy knows of the connection.
      if (!connection.open || (what === "write" && proxy.cluster === undefined)) continue;
      (what === "send" ? this.sent : this.said).push(bytes);
      inPieces(bytes, cut, (piece) => {
        if (what === "send") connection.receive(piece);
        else proxy.send(piece);
        if (cut.turns) world.envoy.run();
      });
      world.envoy.run();
    }
    world.tellCounts();
    this.check();
    connection.closeByClient();
    world.envoy.run();
    world.checkEmpty(this.connectionsBefore);
  }

  private check(): void {
    const { connection, proxy, script } = this;
    const closed = connection.closedBy === "filter" ? 1 : 0;
    const counted = total(this.world.closedBy(script.table)) - this.closedBefore;
    if (counted !== closed)
      throw new Error(`${closed} connections were closed by the filter, and ${counted} are counted`);
    const knows = proxy.cluster !== undefined;
    checkPassed("the upstream", this.sent, proxy.received.view(), connection.open && knows);
    checkPassed("the client", this.said, connection.received.view(), connection.open);
    if (script.table === "observe") this.checkObserved(closed === 1);
  }

  /** In mode `observe` a connection is closed if what one of its sides says is no Dubbo, and never else. */
  private checkObserved(closed: boolean): void {
    const [request, response] = [new MessageStream(maxMessageBytes("observe")), new MessageStream(ANY_LENGTH)];
    for (const bytes of this.sent) request.append(bytes);
    for (const bytes of this.said) response.append(bytes);
    const broken = [request, response].filter((stream) => stream.broken !== undefined);
    if (closed && broken.length === 0) throw new Error("closed, and both sides speak Dubbo");
    if (!closed && broken.some(({ tail }) => tail.length >= HEAD_BYTES))
      throw new Error("open, and one side speaks no Dubbo");
  }
}

/** What came is what was sent, to its end or to where the connection was closed. */
function checkPassed(who: string, sent: Buffer[], received: Uint8Array, all: boolean): void {
  const whole = Buffer.concat(sent);
  if (!whole.subarray(0, received.length).equals(received)) throw new Error(`${who} got other bytes than were sent`);
  if (all && received.length < whole.length)
    throw new Error(`${who} got ${received.length} bytes of ${whole.length}, and the connection is open`);
}
