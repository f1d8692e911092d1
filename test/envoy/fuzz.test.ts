import { connect, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goodRequest, goodResponse, mutant, noise, notice, withId } from "../fuzz/messages.js";
import { isTwoWayCall, MessageStream } from "../fuzz/stream.js";
import { answerText } from "../support/dubbo.js";
import { Random } from "../support/random.js";
import { DubboClient } from "./dubbo-client.js";
import { DubboServer } from "./dubbo-server.js";
import { TestEnvoy, VERSIONS } from "./envoy.js";

/** Hostile connections, so many at a time; each lasts no longer than its last words take. */
const HOSTILE = 1_000;
const AT_A_TIME = 8;
const PATIENCE_MS = 60;
const GOOD_CLIENTS = 4;
const SEED = 20_261_127;

const route = (service: string, cluster: string) => ({
  name: service,
  services: [service],
  routes: [{ route: { cluster } }],
});
/** By method, as messages come, and by an attachment, when they are whole. */
const WILD_TABLES = [
  { virtual_hosts: [route("demo.Good", "good"), route("*", "wild")] },
  {
    virtual_hosts: [
      route("demo.Good", "good"),
      {
        name: "all",
        services: ["*"],
        routes: [
          { match: { attributes: [{ name: "user", exact_match: "jason" }] }, route: { cluster: "wild" } },
          { route: { cluster: "wild2" } },
        ],
      },
    ],
    max_message_bytes: 100_000,
  },
];

/** An upstream that answers, or says anything, or goes. */
class WildServer {
  private constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly sockets: Set<Socket>,
  ) {}

  static async start(random: Random): Promise<WildServer> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => socket.destroy());
      const stream = new MessageStream(2 ** 31);
      let seen = 0;
      socket.on("data", (chunk) => {
        stream.append(chunk);
        for (; seen < stream.frames.length; seen++) {
          const frame = stream.frames[seen];
          if (frame && isTwoWayCall(frame)) say(random, socket, frame.id);
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("it does not listen");
    return new WildServer(server, address.port, sockets);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function say(random: Random, socket: Socket, id: bigint): void {
  const answer = withId(goodResponse(random, id), id);
  switch (random.below(8)) {
    case 0:
      socket.write(mutant(random, answer));
      break;
    case 1:
      socket.write(notice(random, id));
      break;
    case 2:
      socket.write(answer.subarray(0, random.below(answer.length)), () => socket.resetAndDestroy());
      break;
    case 3:
      socket.end(noise(random, random.below(40)));
      break;
    case 4:
      break;
    default:
      socket.write(answer);
  }
}

/** Says something, hears something or not, and goes. */
async function visit(random: Random, port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => socket.destroy());
  socket.resume();
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  for (let i = 0; i <= random.below(4); i++) {
    const messages = Array.from({ length: random.oneIn(10) ? 60 : random.below(4) }, (_, id) => {
      const message = goodRequest(random, BigInt(id));
      return random.oneIn(3) ? mutant(random, message) : message;
    });
    const bytes = Buffer.concat(messages);
    socket.write(random.oneIn(3) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes);
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, random.below(PATIENCE_MS)))]);
  }
  if (random.oneIn(2)) socket.resetAndDestroy();
  else socket.destroy();
  await closed;
}

describe.each(VERSIONS)("hostile peers, on $name", (version) => {
  const random = new Random(SEED);
  let envoy: TestEnvoy;
  let good: DubboServer;
  let wild: WildServer;

  beforeAll(async () => {
    good = await DubboServer.start("good");
    wild = await WildServer.start(random);
    const clusters = [
      { name: "good", ports: [good.port] },
      { name: "wild", ports: [wild.port] },
      { name: "wild2", ports: [wild.port] },
    ];
    const listeners = WILD_TABLES.map((config, i) => ({ name: `wild-${i}`, config }));
    envoy = await TestEnvoy.start(version, listeners, clusters);
  });

  // It complains of a VM that was made anew, and of what HCM took for a breach of HTTP/2.
  afterAll(async () => {
    await envoy.stop();
    await wild.close();
    await good.close();
  });

  it("do not disturb anybody else", async () => {
    const ports = listeners();
    let over = false;
    let answered = 0;
    const orderly = Array.from({ length: GOOD_CLIENTS }, async (_, i) => {
      const client = await DubboClient.connect(ports[i % ports.length] as number);
      for (let n = 0; !over; n++) {
        const method = `client${i}x${n}`;
        const padding = "a".repeat(n % 7 === 0 ? 30_000 : n % 100);
        expect(answerText(await client.call("demo.Good", method, { args: [padding] }))).toBe(`good ${method}`);
        answered++;
      }
      expect(client.unexpected).toEqual([]);
      client.close();
    });
    const hostile = Array.from({ length: AT_A_TIME }, async () => {
      for (let i = 0; i < HOSTILE / AT_A_TIME; i++) await visit(random, random.pick(ports));
    });
    await Promise.all(hostile);
    over = true;
    await Promise.all(orderly);
    expect(answered).toBeGreaterThan(100);
    await envoy.waitForStat(["meltemi_connections_total"], HOSTILE);
    await envoy.waitForStat(["connections_closed_total", "reason=not_this_protocol"]);
    await envoy.waitForStat(["connections_closed_total", "reason=bad_answer"]);
  });

  const listeners = () => WILD_TABLES.map((_, i) => envoy.port(`wild-${i}`));
});
