// node server.cjs PORT VERSION TRANSPORT PROTOCOL: serves Greeter, also as the multiplexed service Canary.
const thrift = require("thrift");
const Greeter = require("./gen-nodejs/Greeter");
const { Refused } = require("./gen-nodejs/interop_types");
const { dialectOf } = require("./dialect.cjs");

const [, , port, version, name] = process.argv;
const tokens = new Set();

const greeter = {
  whoAmI: (result) => result(null, version),
  greet: (_name, _times, result) => result(null, version),
  place: (_order, result) => result(null, version),
  echoOrder: (order, result) => result(null, order),
  echo: (_user, data, result) => result(null, Buffer.concat([Buffer.from(version), data])),
  fail: (how, result) =>
    result(
      how === "declared"
        ? new Refused({ code: 42, reason: `declared by ${version}` })
        : new Error(`undeclared by ${version}`),
    ),
  note: (token) => tokens.add(token),
  noted: (token, result) => result(null, tokens.has(token)),
  internalDump: (result) => result(null, version),
};

/** The library's own processor of several services takes no calls without one. */
class Services {
  #greeter = new Greeter.Processor(greeter);

  process(input, output) {
    const begin = input.readMessageBegin();
    const within = Object.create(input);
    within.readMessageBegin = () => ({ ...begin, fname: begin.fname.replace(/^Canary:/, "") });
    this.#greeter.process(within, output);
  }
}

const server = thrift.createMultiplexServer(new Services(), dialectOf(name));
server.on("error", (error) => console.error(error));
server.listen(Number(port), "127.0.0.1", () => console.log("READY"));
