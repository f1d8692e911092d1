import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./port.js";
import { Program } from "./program.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What `build.ts` makes. */
export const JAVA = join(ROOT, "java");
export const GO = join(ROOT, "go");
export const TARS_GO = join(ROOT, "tars-go");
export const TARS_NODE = join(ROOT, "tars-node");
export const TRPC_GO = join(ROOT, "trpc-go");
export const RATELIMIT = join(ROOT, "ratelimit");
export const REDIS_NODE = join(ROOT, "redis-node");
export const BRPC_JAVA = join(ROOT, "brpc-java");
export const JPROTOBUF_RPC = join(ROOT, "jprotobuf-rpc");

/** Small, and quick to start: several of them run at once. */
const JVM = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Ddubbo.application.logger=slf4j"];

/** What stands before a command that is to run somewhere else, as in a network namespace. */
export type Inside = readonly string[];

/** A provider that serves. */
export interface Provider {
  readonly port: number;
  readonly program: Program;
}

/** The provider of one version on a port, or on a free one. */
export type StartProvider = (node: string, port?: number) => Promise<Provider>;

export const javaProvider =
  (options: readonly string[] = [], inside: Inside = []): StartProvider =>
  async (node, port) => {
    const at = port ?? (await freePort());
    const args = ["--port", String(at), "--node", node, ...options];
    return serving(at, java(`Java provider ${node}`, "server.ServerMain", args, inside));
  };

export const goProvider: StartProvider = async (node, port) => {
  const at = port ?? (await freePort());
  const args = ["-port", String(at), "-node", node];
  return serving(at, new Program(`Go provider ${node}`, join(GO, "bin", "server"), args));
};

/** Where a consumer's calls go: one provider (v1), or Meltemi before v1 and v2. */
export interface Target {
  readonly address: string;
  readonly mesh: boolean;
}

export function javaConsumer({ address, mesh }: Target, checks: readonly string[], inside: Inside = []): Program {
  const args = ["--address", address, "--mesh", String(mesh), "--checks", checks.join(",")];
  return java("Java consumer", "client.ClientMain", args, inside);
}

/** How often calls of Prices are made of each address, and which. */
export interface PricesLoad {
  readonly addresses: readonly string[];
  readonly method: "list" | "search";
  /** Calls a second, of each address. */
  readonly rate: number;
  readonly duration_s: number;
}

/** Makes the calls, and prints what became of each (`load.LoadMain`). */
export function pricesLoad({ addresses, method, rate, duration_s }: PricesLoad, inside: Inside): Program {
  const what = ["--addresses", addresses.join(), "--method", method];
  const args = [...what, "--rate", String(rate), "--seconds", String(duration_s)];
  return java("Java load", "load.LoadMain", args, inside);
}

export function goConsumer({ address, mesh }: Target): Program {
  return new Program("Go consumer", join(GO, "bin", "client"), ["-address", address, `-mesh=${mesh}`]);
}

/** One of the services of the shop, which call one another (`shop.TierMain` says what its options are); it prints READY when it serves. */
export function shopTier(options: readonly string[], inside: Inside): Program {
  return java("Java tier of the shop", "shop.TierMain", options, inside);
}

/** Calls services of the shop as it is told to, a line for each. */
export function shopCaller(inside: Inside): Program {
  return java("Java caller of the shop", "shop.CallerMain", [], inside);
}

function java(name: string, main: string, args: readonly string[], inside: Inside): Program {
  const classPath = `${join(JAVA, "target", "classes")}:${join(JAVA, "target", "lib")}/*`;
  // Dubbo keeps files in the user's home.
  const home = `-Duser.home=${join(tmpdir(), "meltemi-interop")}`;
  const [command = "java", ...rest] = [...inside, "java"];
  return new Program(name, command, [...rest, ...JVM, home, "-cp", classPath, `io.meltemi.interop.${main}`, ...args]);
}

/** Servers and clients of bRPC's Java libraries generate code for classes of java.lang. */
function brpcJava(name: string, folder: string, main: string, args: readonly string[]): Program {
  const classPath = `${join(folder, "target", "classes")}:${join(folder, "target", "lib")}/*`;
  const opened = ["java.lang", "java.util"].flatMap((one) => ["--add-opens", `java.base/${one}=ALL-UNNAMED`]);
  return new Program(name, "java", [...JVM, ...opened, "-cp", classPath, `io.meltemi.interop.${main}`, ...args]);
}

export const brpcJavaServer: StartProvider = async (node, port) => {
  const at = port ?? (await freePort());
  return serving(at, brpcJava(`brpc-java server ${node}`, BRPC_JAVA, "brpc.Server", [String(at), node]));
};

export const brpcJavaClient = ({ address, mesh }: Target): Program =>
  brpcJava("brpc-java client", BRPC_JAVA, "brpc.Client", [address, String(mesh)]);

export const jprotobufServer: StartProvider = async (node, port) => {
  const at = port ?? (await freePort());
  return serving(at, brpcJava(`jprotobuf-rpc server ${node}`, JPROTOBUF_RPC, "jprotobuf.Server", [String(at), node]));
};

export const jprotobufClient = ({ address, mesh }: Target): Program =>
  brpcJava("jprotobuf-rpc client", JPROTOBUF_RPC, "jprotobuf.Client", [address, String(mesh)]);

export const trpcServer: StartProvider = async (node, port) => {
  const at = port ?? (await freePort());
  const args = ["-port", String(at), "-node", node];
  return serving(at, new Program(`trpc-go server ${node}`, join(TRPC_GO, "bin", "server"), args));
};

export const trpcClient = ({ address, mesh }: Target): Program =>
  new Program("trpc-go client", join(TRPC_GO, "bin", "client"), ["-address", address, `-mesh=${mesh}`]);

/** Debian's redis-server. Besides the default user there is one that may not set anything. */
export const redisServer: StartProvider = (node, port) => redisServerIn([], node, port);

export async function redisServerIn(inside: Inside, node: string, port?: number): Promise<Provider> {
  const at = port ?? (await freePort());
  const user = ["reader", "on", ">secret", "~*", "&*", "+@all", "-set"];
  const args = ["--bind", "127.0.0.1", "--port", String(at), "--save", "", "--appendonly", "no", "--user", ...user];
  const [command = "", ...rest] = [...inside, "redis-server", ...args];
  const program = new Program(`redis-server ${node}`, command, rest);
  await program.lineWith("Ready to accept connections");
  return { port: at, program };
}

export const redisClient = ({ address, mesh }: Target): Program =>
  new Program("ioredis client", process.execPath, [join(REDIS_NODE, "client.mjs"), address, String(mesh)]);

/** TarsGo wants a file for each server, and logs into a folder. */
export const tarsGoServer: StartProvider = async (node, port) => {
  const at = port ?? (await freePort());
  const directory = await mkdtemp(join(tmpdir(), "meltemi-interop-tars-"));
  const config = join(directory, "server.conf");
  await writeFile(config, tarsGoConfig(at, directory));
  const env = { ...process.env, NODE: node, PORT: String(at) };
  const program = new Program(`TarsGo server ${node}`, join(TARS_GO, "bin", "server"), ["-config", config], env);
  void program.exited.then(() => rm(directory, { recursive: true, force: true }));
  return serving(at, program);
};

const tarsGoConfig = (port: number, directory: string): string => `
<tars>
  <application>
    <server>
      app=Demo
      server=Srv
      localip=127.0.0.1
      basepath=${directory}
      datapath=${directory}
      logpath=${directory}
      logLevel=ERROR
      <Demo.Srv.GreetObjAdapter>
        allow
        endpoint=tcp -h 127.0.0.1 -p ${port} -t 60000
        handlegroup=Demo.Srv.GreetObjAdapter
        maxconns=1000
        protocol=tars
        queuecap=10000
        queuetimeout=60000
        servant=Demo.Srv.GreetObj
        threads=1
      </Demo.Srv.GreetObjAdapter>
    </server>
    <client>
      sync-invoke-timeout=10000
      modulename=Demo.Srv
    </client>
  </application>
</tars>
`;

export const tarsGoClient = ({ address, mesh }: Target): Program =>
  new Program("TarsGo client", join(TARS_GO, "bin", "client"), ["-address", address, `-mesh=${mesh}`]);

export const tarsNodeServer: StartProvider = async (node, port) => {
  const at = port ?? (await freePort());
  const args = [join(TARS_NODE, "server.js"), String(at), node];
  return serving(at, new Program(`Tars.js server ${node}`, process.execPath, args));
};

export const tarsNodeClient = ({ address, mesh }: Target): Program =>
  new Program("Tars.js client", process.execPath, [join(TARS_NODE, "client.js"), address, String(mesh)]);

/** A provider that says so once it listens. */
export async function serving(port: number, program: Program): Promise<Provider> {
  await program.line("READY");
  return { port, program };
}
