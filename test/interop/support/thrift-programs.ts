import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./port.js";
import { Program } from "./program.js";
import { type Provider, serving, type Target } from "./programs.js";

/** What `build.ts` makes. */
export const THRIFT = fileURLToPath(new URL("../thrift", import.meta.url));

/** Of Apache Thrift's libraries. The servers in Go and Python take whatever a client begins with; those in Node are of one dialect. */
export const thriftServers = {
  go: (version: string): Promise<Provider> =>
    onFreePort((port) => thrift("Go", `server ${version}`, ["-port", port, "-version", version])),
  python: (version: string): Promise<Provider> =>
    onFreePort((port) => thrift("Python", `server ${version}`, [port, version])),
  node:
    (dialect: string) =>
    (version: string): Promise<Provider> =>
      onFreePort((port) => thrift("Node", `server ${version}`, [port, version, dialect])),
};

export type ThriftLanguage = "Go" | "Node" | "Python";

export function thriftClient(language: ThriftLanguage, { address }: Target, dialects: readonly string[]): Program {
  const list = dialects.join(",");
  return thrift(language, "client", language === "Go" ? ["-address", address, "-dialects", list] : [address, list]);
}

/** `what` is "client", or "server" and what else tells it from others. */
function thrift(language: ThriftLanguage, what: string, args: readonly string[]): Program {
  const name = `Thrift ${language} ${what}`;
  const [program = ""] = what.split(" ");
  if (language === "Go") return new Program(name, join(THRIFT, "go", "bin", program), args);
  if (language === "Node")
    return new Program(name, process.execPath, [join(THRIFT, "node", `${program}.cjs`), ...args]);
  return new Program(name, "python3", [join(THRIFT, "python", `${program}.py`), ...args]);
}

async function onFreePort(start: (port: string) => Program): Promise<Provider> {
  const port = await freePort();
  return serving(port, start(String(port)));
}
