// node client.cjs ADDRESS DIALECT,…: calls Greeter in each of them, on one connection each, and prints one line of JSON for each check.
// Calls that routes know are answered by v2, all others by v1.
const assert = require("node:assert/strict");
const thrift = require("thrift");
const Int64 = require("node-int64");
const Greeter = require("./gen-nodejs/Greeter");
const { Order, Refused } = require("./gen-nodejs/interop_types");
const { dialectOf } = require("./dialect.cjs");

const [, , address, dialects] = process.argv;
const MEBIBYTE = 1 << 20;
const CALLS = 200;

async function check(name, body) {
  const timeout = new Promise((_, reject) => setTimeout(() => reject(new Error("no answer")), 20_000).unref());
  const outcome = await Promise.race([body(), timeout]).then(
    () => ({ ok: true, detail: "" }),
    (error) => ({ ok: false, detail: String(error?.message ?? error) }),
  );
  console.log(JSON.stringify({ name, ...outcome }));
}

const anOrder = () =>
  new Order({
    id: new Int64(7),
    item: "茶",
    price: 2.5,
    tags: ["a", ""],
    quantities: { a: 1, b: -2 },
    paid: true,
    rows: [[new Int64(1), new Int64(2)], []],
    marks: [-1],
  });

const plain = (order) =>
  JSON.parse(JSON.stringify(order, (_, value) => (value instanceof Int64 ? Number(value) : value)));

async function runChecks(name) {
  const [host, port] = address.split(":");
  const connection = thrift.createConnection(host, Number(port), dialectOf(name));
  connection.on("error", (error) => {
    console.error(error);
    process.exit(1);
  });
  const client = thrift.createClient(Greeter, connection);
  const canary = new thrift.Multiplexer().createClient("Canary", Greeter, connection);
  await check(`${name}: by nothing`, async () => assert.equal(await client.whoAmI(), "v1"));
  await check(`${name}: by method`, async () => assert.equal(await client.place(anOrder()), "v2"));
  await check(`${name}: by argument`, async () => {
    assert.equal(await client.greet("jason", 1), "v2");
    assert.equal(await client.greet("mary", 2), "v1");
  });
  await check(`${name}: a struct of many kinds`, async () => {
    // A map has no order: Go writes it in another one each time.
    assert.deepEqual(plain(await client.echoOrder(anOrder())), plain(anOrder()));
  });
  await check(`${name}: a declared exception`, async () => {
    await assert.rejects(client.fail("declared"), (error) => {
      return error instanceof Refused && error.code === 42 && error.reason === "declared by v1";
    });
  });
  await check(`${name}: an undeclared exception`, async () => {
    await assert.rejects(client.fail("undeclared"), thrift.Thrift.TApplicationException);
  });
  await check(`${name}: a call without a route`, async () => {
    await assert.rejects(client.internalDump(), (error) => {
      const { UNKNOWN_METHOD } = thrift.Thrift.TApplicationExceptionType;
      return error.type === UNKNOWN_METHOD && error.message.startsWith("meltemi: no route");
    });
  });
  await check(`${name}: one-way`, async () => {
    client.note(name);
    assert.equal(await client.noted(name), true);
  });
  await check(`${name}: 1 MiB, both versions`, async () => {
    const data = Buffer.alloc(MEBIBYTE, 7);
    const [v2, v1] = await Promise.all([client.echo("jason", data), client.echo("mary", data)]);
    for (const [version, echoed] of Object.entries({ v1, v2 })) {
      assert.equal(Buffer.compare(echoed, Buffer.concat([Buffer.from(version), data])), 0);
    }
  });
  await check(`${name}: concurrency`, async () => {
    const users = Array.from({ length: CALLS }, (_, i) => (i % 3 === 0 ? "jason" : "mary"));
    const answers = await Promise.all(users.map((user) => client.greet(user, 1)));
    assert.deepEqual(
      answers,
      users.map((user) => (user === "jason" ? "v2" : "v1")),
    );
  });
  // The library gives answers to the client that has called last: this one is the last.
  await check(`${name}: by service`, async () => assert.equal(await canary.whoAmI(), "v2"));
  connection.end();
}

(async () => {
  for (const name of dialects.split(",")) await runChecks(name);
})();
