// `node rpc-server.mjs NAME PROTOCOL PORT ADDRESS…`: a service that answers calls of Dubbo or framed Thrift with what it is and what it sees.
import { once } from "node:events";
import { createServer } from "node:net";

const [name, protocol, port, ...addresses] = process.argv.slice(2);

const DUBBO_HEAD_BYTES = 16;

/** Of the first message: its length, and the answer to it; undefined: it has not all come. */
const answers = {
  dubbo: (bytes, text) => {
    if (bytes.length < DUBBO_HEAD_BYTES) return undefined;
    const length = DUBBO_HEAD_BYTES + bytes.readUInt32BE(12);
    // Hessian 2: the number 1, for a value, and a text of up to 1023 characters.
    const body = Buffer.concat([Buffer.from([0x91, 0x30 | (text.length >> 8), text.length & 0xff]), Buffer.from(text)]);
    const head = Buffer.alloc(DUBBO_HEAD_BYTES);
    bytes.copy(head, 0, 0, 12);
    // An answer in Hessian 2 that is good.
    head.set([0x02, 20], 2);
    head.writeUInt32BE(body.length, 12);
    return { length, answer: Buffer.concat([head, body]) };
  },
  thrift: (bytes, text) => {
    if (bytes.length < 4) return undefined;
    const length = 4 + bytes.readUInt32BE(0);
    if (bytes.length < length) return undefined;
    const nameEnd = 12 + bytes.readUInt32BE(8);
    const message = Buffer.from(bytes.subarray(4, nameEnd + 4));
    // A reply, whose field 0 is a text.
    message[3] = 2;
    const field = Buffer.from([11, 0, 0, 0, 0, text.length >> 8, text.length & 0xff]);
    const body = Buffer.concat([message, field, Buffer.from(text), Buffer.from([0])]);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    return { length, answer: Buffer.concat([head, body]) };
  },
};

function serve(socket) {
  const { remoteFamily, remoteAddress: peer, localAddress: at } = socket;
  const text = JSON.stringify({ name, family: remoteFamily.toLowerCase(), peer, at });
  let received = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      const taken = answers[protocol](received, text);
      if (taken === undefined || received.length < taken.length) return;
      received = received.subarray(taken.length);
      socket.write(taken.answer);
    }
  });
}

for (const host of addresses) {
  await once(createServer(serve).listen({ host, port: Number(port), ipv6Only: true }), "listening");
}
console.log("ready");
