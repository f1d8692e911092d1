// `node exchange.mjs ADDRESS PORT HEX TIMEOUT_MS`: sends these bytes, and prints as JSON what comes back in one piece, and how it ended.
import { connect } from "node:net";

const [host, port, hex, timeout_ms] = process.argv.slice(2);
const QUIET_MS = 100;

let received = Buffer.alloc(0);
const socket = connect({ host, port: Number(port) });

function end(error) {
  process.stdout.write(JSON.stringify({ received: received.toString("hex"), error }), () => process.exit());
}

let quiet;
socket.on("connect", () => socket.write(Buffer.from(hex, "hex")));
socket.on("data", (chunk) => {
  received = Buffer.concat([received, chunk]);
  clearTimeout(quiet);
  quiet = setTimeout(end, QUIET_MS, "");
});
socket.on("error", ({ code }) => end(code));
socket.on("close", () => end("closed"));
setTimeout(end, Number(timeout_ms), "timeout");
