// A server of Tars.js: PORT NODE. It serves ask(1 string text) with a string in 0, in Tars and in TUP. It prints READY when it serves.
import tars from "@tars/rpc";
import stream from "@tars/stream";

const [port, node] = process.argv.slice(2);
const SERVANT = "Demo.Srv.GreetObj";
const SUCCESS = 0;
const NO_FUNCTION = -3;

/** What the code that Tars generates has for each interface. */
function Greet() {}
Greet.prototype.initialize = () => {};
Greet.prototype.onDispatch = (current, name, buffer) => {
  if (name === "tars_ping") return current.doResponse(new stream.TarsOutputStream().getBinBuffer()) ?? SUCCESS;
  if (name !== "ask") return NO_FUNCTION;
  const version = current.getRequestVersion();
  const isTup = version === stream.Tup.TUP_SIMPLE || version === stream.Tup.TUP_COMPLEX;
  const text = isTup ? ofTup(version, buffer) : new stream.TarsInputStream(buffer).readString(1, true);
  const answer = text.startsWith("echo ")
    ? text.slice(5)
    : `${node} ${JSON.stringify(current.getContext().toObject())}`;
  if (text === "fail") current.sendErrorResponse(10042, `no, by ${node}`);
  else current.doResponse(isTup ? toTup(version, answer) : toTars(answer));
  return SUCCESS;
};

function ofTup(version, buffer) {
  const attributes = new stream.UniAttribute();
  attributes.tupVersion = version;
  attributes.decode(buffer);
  return attributes.readString("text");
}

function toTup(version, answer) {
  const attributes = new stream.UniAttribute();
  attributes.tupVersion = version;
  attributes.writeString("", answer);
  return attributes.encode();
}

function toTars(answer) {
  const output = new stream.TarsOutputStream();
  output.writeString(0, answer);
  return output.getBinBuffer();
}

const options = new tars.server.BindAdapterOption();
options.endpoint = `tcp -h 127.0.0.1 -p ${port} -t 10000`;
options.name = `${SERVANT}Adapter`;
options.servant = SERVANT;
options.handleImp = Greet;
tars.server.createServer().start(options);
console.log("READY", node);
