// Checks of a Redis server, or of two behind Meltemi: `node client.mjs ADDRESS MESH`. Prints one object for each.
import { execFile } from "node:child_process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { Redis } from "ioredis";

const [address = "", mesh] = process.argv.slice(2);
const [host = "", port = ""] = address.split(":");
const behindMeltemi = mesh === "true";
const MEBIBYTE = 1 << 20;

const connections = [];
function connect(options = {}) {
  const redis = new Redis({ host, port: Number(port), retryStrategy: null, ...options });
  redis.on("error", () => {});
  connections.push(redis);
  return redis;
}

async function check(name, body) {
  let detail = "";
  try {
    await body();
  } catch (error) {
    detail = error.stack ?? String(error);
  }
  console.log(JSON.stringify({ name, ok: detail === "", detail }));
}

function equal(found, expected) {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`expected ${b}, found ${a}`);
}

async function fails(promise, text) {
  const error = await promise.then(
    (value) => new Error(`no error, but ${JSON.stringify(value)}`),
    (reason) => reason,
  );
  if (!error.message.includes(text)) throw new Error(`expected an error with "${text}": ${error.message}`);
}

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
/** Has the test do something, and waits for it. */
async function step(name) {
  console.log(JSON.stringify({ step: name }));
  await answers.next();
}

const redis = connect();
/** The port of the server that a key leads to. */
const serverOf = (key, client = redis) =>
  client.eval("return string.match(redis.call('info', 'server'), 'tcp_port:(%d+)')", 1, key);

await check("keys: each leads to its server", async () => {
  const [session, other] = [await serverOf("session:1"), await serverOf("other")];
  equal(session !== other, behindMeltemi);
});

await check("pipelines: answers in the order of the commands", async () => {
  const pipeline = redis.pipeline();
  const expected = [];
  for (let i = 0; i < 500; i++) {
    const key = i % 3 === 0 ? `session:${i}` : `other:${i}`;
    pipeline.set(key, `value ${i}`).get(key).append(key, "!").strlen(key);
    expected.push("OK", `value ${i}`, `value ${i}!`.length, `value ${i}!`.length);
  }
  const found = await pipeline.exec();
  equal(
    found.map(([error, value]) => error?.message ?? value),
    expected,
  );
});

await check("several keys of one server", async () => {
  await redis.mset("session:a", "1", "session:b", "2");
  await redis.mset("a", "3", "b", "4");
  equal(await redis.mget("session:a", "session:b", "session:none"), ["1", "2", null]);
  equal(await redis.del("a", "b", "none"), 2);
});

await check("errors of the server", async () => {
  await redis.set("session:text", "x");
  await fails(redis.lpush("session:text", "y"), "WRONGTYPE");
  await fails(redis.call("NOSUCH", "session:text"), "unknown command");
  equal(await redis.get("session:text"), "x");
});

await check("transactions", async () => {
  for (const prefix of ["session:", "other:"]) {
    const [set, incremented] = await redis.multi().set(`${prefix}n`, 41).incr(`${prefix}n`).exec();
    equal([set[1], incremented[1]], ["OK", 42]);
  }
  await redis.multi({ pipeline: false });
  equal(await redis.set("session:n", 1), "QUEUED");
  equal(await redis.discard(), "OK");
  equal(await redis.get("session:n"), "42");
});

await check("transactions: what is watched", async () => {
  const other = connect();
  await redis.watch("session:w");
  await other.set("session:w", "changed");
  equal(await redis.multi().set("session:w", "lost").exec(), null);
  equal(await redis.get("session:w"), "changed");
  await redis.watch("session:w");
  equal(await redis.multi().set("session:w", "won").exec(), [[null, "OK"]]);
});

await check("publish and subscribe", async () => {
  const listener = connect();
  const heard = [];
  const all = new Promise((resolve) => {
    listener.on("message", (channel, text) => heard.push([channel, text]));
    listener.on("pmessage", (_, channel, text) => {
      heard.push([channel, text]);
      if (text === "last") resolve();
    });
  });
  await listener.subscribe("session:news", "session:more");
  await listener.psubscribe("session:p*");
  for (let i = 0; i < 100; i++) await redis.publish("session:news", String(i));
  await redis.publish("session:plenty", "last");
  await all;
  equal(heard.length, 101);
  await listener.unsubscribe("session:news", "session:more");
  await listener.punsubscribe("session:p*");
  // And is a connection like any other again.
  equal(await listener.set("other:heard", heard.length), "OK");
});

await check("commands that wait", async () => {
  const waiting = connect();
  await redis.del("session:queue");
  const popped = waiting.blpop("session:queue", 0);
  const behind = waiting.get("other:none");
  const read = connect().call("XREAD", "BLOCK", "0", "STREAMS", "session:stream", "$");
  await redis.rpush("session:queue", "job");
  equal(await popped, ["session:queue", "job"]);
  equal(await behind, null);
  const timer = setInterval(() => void redis.xadd("session:stream", "*", "k", "v"), 20);
  const [[stream]] = await read;
  clearInterval(timer);
  equal(stream, "session:stream");
});

for (const prefix of ["session:", "other:"]) {
  await check(`1 MiB each way, ${prefix}`, async () => {
    const value = Buffer.alloc(MEBIBYTE, `${prefix} \r\n`);
    await redis.set(`${prefix}big`, value);
    equal(Buffer.compare(await redis.getBuffer(`${prefix}big`), value), 0);
  });
}

await check("users: each server knows who the client is", async () => {
  const reader = connect({ username: "reader", password: "secret" });
  equal(await reader.call("ACL", "WHOAMI"), "reader");
  for (const prefix of ["session:", "other:"]) {
    equal(await reader.get(`${prefix}n`), "42");
    await fails(reader.set(`${prefix}n`, "1"), "NOPERM");
  }
  await fails(reader.auth("reader", "wrong"), "WRONGPASS");
  await fails(reader.set("session:n", "1"), "NOPERM");
});

await check("databases: what is selected is so on each server", async () => {
  const third = connect({ db: 3 });
  for (const prefix of ["session:", "other:"]) {
    await third.set(`${prefix}d`, "third");
    equal(await redis.get(`${prefix}d`), null);
    await third.select(0);
    equal(await third.get(`${prefix}d`), null);
    await third.select(3);
    equal(await third.get(`${prefix}d`), "third");
  }
});

await check("RESP3: maps, and pushes between answers", async () => {
  for (const key of ["session:hash", "other:hash"]) {
    await redis.hset(key, "a", "1", "b", "2");
    const { stdout } = await promisify(execFile)("redis-cli", ["-3", "--json", "-h", host, "-p", port, "HGETALL", key]);
    equal(JSON.parse(stdout), { a: "1", b: "2" });
  }
});

await check("16 connections × 200 commands, to both servers in turns", async () => {
  await Promise.all(
    Array.from({ length: 16 }, async (_, n) => {
      const client = connect();
      const values = Array.from({ length: 200 }, (_, i) => `${n} ${i}`);
      const set = values.map((value, i) => client.set(`${i % 2 ? "session" : "other"}:${n}:${i}`, value));
      await Promise.all(set);
      const got = await Promise.all(values.map((_, i) => client.get(`${i % 2 ? "session" : "other"}:${n}:${i}`)));
      equal(got, values);
    }),
  );
});

await check("redis-benchmark, 16 commands at a time", async () => {
  const args = [
    "-h",
    host,
    "-p",
    port,
    "-c",
    "16",
    "-n",
    "20000",
    "-P",
    "16",
    "-q",
    "-t",
    "ping,set,get,incr,lpush,mset",
  ];
  const { stdout } = await promisify(execFile)("redis-benchmark", args);
  equal(stdout.match(/requests per second/g)?.length, 7);
});

if (behindMeltemi) {
  await check("several keys of two servers", async () => {
    await fails(redis.mget("session:a", "a"), "CROSSSLOT");
    equal(await redis.get("session:a"), "1");
  });
  await check("a transaction of two servers", async () => {
    await redis.multi({ pipeline: false });
    equal(await redis.set("session:n", "1"), "QUEUED");
    await fails(redis.set("other:n", "1"), "CROSSSLOT");
    await fails(redis.exec(), "EXECABORT");
    equal(await redis.mget("session:n"), ["42"]);
  });
  await check("a server is away for a while", async () => {
    await redis.set("session:n", "1");
    await step("end v2");
    await fails(redis.get("session:n"), "meltemi:");
    equal(await redis.get("other:n"), "42");
    await step("restart v2");
    for (let left = 100; ; left--) {
      const value = await redis.set("session:n", "back").catch((error) => error);
      if (value === "OK") break;
      if (!left || !value.message.includes("meltemi:")) throw value;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    equal(await redis.get("session:n"), "back");
  });
}

await check("QUIT", async () => {
  equal(await connect().quit(), "OK");
});

for (const one of connections) one.disconnect();
process.exit(0);
