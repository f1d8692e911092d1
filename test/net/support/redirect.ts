import { spawn } from "node:child_process";
import { once } from "node:events";
import { type Host, PROXY } from "./host.js";

/** Has a host's connections go through the Envoy that runs there as `PROXY`. */
export async function redirect(host: Host): Promise<void> {
  if (host.ipv4 !== undefined) await restore(host, "iptables-restore", "127.0.0.6/32", "127.0.0.1/32");
  if (host.ipv6 === undefined) return;
  await restore(host, "ip6tables-restore", "::6/128", "::1/128");
  await host.run("ip", "-6", "address", "add", "::6/128", "dev", "lo");
}

async function restore(host: Host, tool: string, source: string, loopback: string): Promise<void> {
  const rules = `*nat
:MELTEMI_INBOUND - [0:0]
-A PREROUTING -p tcp -j MELTEMI_INBOUND
-A MELTEMI_INBOUND -p tcp --dport 15000 -j RETURN
-A MELTEMI_INBOUND -p tcp -j REDIRECT --to-ports 15006
-A OUTPUT -s ${source} -o lo -j RETURN
-A OUTPUT -o lo ! -d ${loopback} -p tcp -m owner --uid-owner ${PROXY.uid} -j MELTEMI_INBOUND
-A OUTPUT -m owner --uid-owner ${PROXY.uid} -j RETURN
-A OUTPUT -o lo -j RETURN
-A OUTPUT -p tcp -j REDIRECT --to-ports 15001
COMMIT
`;
  const [command = "", ...args] = [...host.inside, tool];
  const child = spawn(command, args, { stdio: ["pipe", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (data) => (stderr += data));
  child.stdin.end(rules);
  const [status] = await once(child, "close");
  if (status !== 0) throw new Error(`${tool} failed with status ${status}: ${stderr}`);
}
