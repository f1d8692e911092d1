// `node http-server.mjs NAME PORT ADDRESS…`: a service that answers with what it is and what it sees.
import { once } from "node:events";
import { createServer } from "node:http";

const [name, port, ...addresses] = process.argv.slice(2);

function answer({ method, url, headers, socket }, response) {
  const { remoteFamily, remoteAddress, localAddress } = socket;
  const seen = {
    name,
    family: remoteFamily.toLowerCase(),
    peer: remoteAddress,
    at: localAddress,
    method,
    url,
    headers,
  };
  response.setHeader("content-type", "application/json").end(`${JSON.stringify(seen)}\n`);
}

// A socket for each address: one of both families would see IPv4 as addresses of IPv6.
for (const host of addresses) {
  await once(createServer(answer).listen({ host, port: Number(port), ipv6Only: true }), "listening");
}
console.log("ready");
