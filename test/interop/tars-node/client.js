// Calls ./server.js at HOST:PORT with Tars.js and prints one line of JSON per check. MESH true: calls with user=jason in their context are
// answered by v2 and all others by v1; else all by v1.
import tars from "@tars/rpc";
import stream from "@tars/stream";

const [address, mesh] = process.argv.slice(2);
const [host, port] = address.split(":");
const SECOND = mesh === "true" ? "v2" : "v1";
const MEBIBYTE = "x".repeat(1 << 20);
const TARS = 1;

/** What the code that Tars generates has for each interface. */
function Greet() {}
Greet.prototype.setTimeout = function (timeout_ms) {
  this._worker.timeout = timeout_ms;
};

/** A proxy that speaks Tars, or TUP in one of its versions, on a connection of its own. */
function open(servant, version) {
  const proxy = tars.client.stringToProxy(Greet, `${servant}@tcp -h ${host} -p ${port} -t 10000`, `v${version}`);
  proxy.setTimeout(10_000);
  return async (text, user, options = {}) => {
    const property = { ...options, ...(user === "" ? {} : { context: { user } }) };
    const worker = proxy._worker;
    if (version === TARS) {
      const output = new stream.TarsOutputStream();
      output.writeString(1, text);
      const { response } = await settled(worker.tars_invoke("ask", output.getBinBuffer(), property));
      return new stream.TarsInputStream(response.sBuffer).readString(0, true);
    }
    worker.version = version;
    const attributes = new stream.UniAttribute();
    attributes.tupVersion = version;
    attributes.writeString("text", text);
    const { response } = await settled(worker.tup_invoke("ask", attributes, property));
    return response.tup.readString("");
  };
}

/** The library's promises are its own, and its errors no errors. */
function settled(promise) {
  return new Promise((resolve, reject) => {
    promise.then(resolve, (data) => {
      const error = data.error ?? data.response?.error ?? {};
      reject(Object.assign(new Error(`${error.code} ${error.message}`), { code: error.code }));
    });
  });
}

const node = (user) => (user === "jason" ? SECOND : "v1");

async function check(name, body) {
  let line;
  try {
    line = { name, ok: true, detail: String(await body()).slice(0, 200) };
  } catch (error) {
    line = { name, ok: false, detail: String(error?.stack ?? error).slice(0, 400) };
  }
  console.log(JSON.stringify(line));
}

function same(expected, actual) {
  if (expected !== actual) throw new Error(`expected ${expected.slice(0, 100)}, got ${String(actual).slice(0, 100)}`);
  return actual;
}

const who = async (ask, user) =>
  same(`${node(user)} ${JSON.stringify(user === "" ? {} : { user })}`, await ask("who", user));

for (const [title, version] of [
  ["Tars", TARS],
  ["TUP 2", stream.Tup.TUP_COMPLEX],
  ["TUP 3", stream.Tup.TUP_SIMPLE],
]) {
  const ask = open("Demo.Srv.GreetObj", version);
  for (const user of ["", "jason", "other", "é 书 😀"]) await check(`${title}: user=${user}`, () => who(ask, user));
  for (const user of ["jason", "other"]) {
    await check(`${title}: 1 MiB each way, ${user}`, async () => {
      same(MEBIBYTE, await ask(`echo ${MEBIBYTE}`, user));
      return "equal";
    });
  }
  await check(`${title}: an error of the business`, async () => {
    const error = await ask("fail", "jason").catch((thrown) => thrown);
    same("10042", String(error.code));
    return error.message;
  });
  await check(`${title}: 200 calls at once, in turns`, async () => {
    const users = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? "jason" : "other"));
    await Promise.all(users.map((user) => who(ask, user)));
    return users.length;
  });
  if (mesh === "true") {
    await check(`${title}: a servant that nobody provides`, async () => {
      const error = await open("Demo.Srv.MissingObj", version)("who", "").catch((thrown) => thrown);
      same("-4", String(error.code));
      return error.message;
    });
  }
}
process.exit(0);
