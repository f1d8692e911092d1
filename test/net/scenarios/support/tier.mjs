// `node tier.mjs NODE PORT [NEXT_IPV4 NEXT_IPV6]`: one tier of the shop over HTTP. It answers with its name and with what it was told, then what
// the next tier answers, to which it hands on what real programs do with a trace's headers. `/served` says how many requests have come.
import { once } from "node:events";
import { createServer } from "node:http";

const [node, port, ipv4, ipv6] = process.argv.slice(2);
const next = { ipv4: ipv4 && `http://${ipv4}/`, ipv6: ipv6 && `http://[${ipv6}]/` };
const HANDED_ON = ["clientversion", "providerversion", "family"];

let served = 0;

async function behind(headers) {
  const url = next[headers.family];
  if (ipv4 === undefined) return [];
  if (url === undefined) throw new Error(`no family: ${headers.family}`);
  const handed = HANDED_ON.filter((name) => headers[name] !== undefined).map((name) => [name, headers[name]]);
  const answer = await fetch(url, { headers: handed });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

async function serve({ url, headers }, response) {
  response.setHeader("content-type", "application/json");
  if (url === "/served") return response.end(String(served));
  served += 1;
  const { clientversion = "-", providerversion = "-" } = headers;
  try {
    response.end(JSON.stringify([`${node} ${clientversion} ${providerversion}`, ...(await behind(headers))]));
  } catch (error) {
    response.writeHead(502).end(`${node}: ${error.cause ?? error}`);
  }
}

// A socket for each family: one of both would see IPv4 as addresses of IPv6.
for (const host of ["0.0.0.0", "::"]) {
  await once(createServer(serve).listen({ host, port: Number(port), ipv6Only: true }), "listening");
}
console.log("READY");
