import type { Logger } from "../log/logger.js";
import type { Mesh } from "../model/model.js";
import { type BuildResources, type ControlPlane, startControlPlane } from "../server/control-plane.js";
import type { TlsFiles } from "../server/credentials.js";
import type { RawResource, Source } from "../source/source.js";
import type { Problem } from "../status/problem.js";
import { Translator } from "../translate/translator.js";
import type { BindAddress, Listen } from "../xds/bind.js";
import type { WasmCode } from "../xds/extension-configs.js";
import { filterCheck } from "./filter-check.js";
import { ProblemLog } from "./problem-log.js";
import { readWasm } from "./wasm-option.js";

/** Is told of what is served, to tell of it elsewhere. */
export interface Follower {
  begin(controlPlane: ControlPlane): void;
  /** These resources, with these problems, are served as this version from now on. */
  served(resources: readonly RawResource[], problems: readonly Problem[], version: string): void;
  end(): Promise<void>;
}

export interface ServeOptions {
  readonly source: Source;
  readonly follower?: Follower | undefined;
  readonly listen: readonly Listen[];
  readonly xds: BindAddress;
  readonly tls?: TlsFiles | undefined;
  readonly http: BindAddress;
  readonly admin: BindAddress;
  readonly wasm: WasmCode;
  readonly log: Logger;
  /** Istio's. */
  readonly rootNamespace?: string;
  /** What nodes get of a mesh, where that is not all that an Envoy needs. */
  readonly build?: BuildResources;
  /** What is read of resources, where that is not all of them. */
  readonly partOf?: (raw: RawResource) => RawResource | undefined;
  /** What is to be told of the resources, of the problems that were found and besides. Default: those. */
  readonly judge?: (problems: readonly Problem[], resources: readonly RawResource[], mesh: Mesh) => readonly Problem[];
  /** Told of each mesh that is served. */
  readonly onMesh?: (mesh: Mesh) => void;
}

/** What a source has, served over xDS and followed. */
export interface Served {
  readonly xds: BindAddress;
  readonly http: BindAddress;
  readonly admin: BindAddress;
  readonly controlPlane: ControlPlane;
  /** Has the nodes' filters end their clients' connections when the calls on them have ended. The source is followed no more. */
  endConnections(): Promise<void>;
  stop(): Promise<void>;
}

/** Resolves when the source has been read and nodes can get what is good of it. */
export async function serve(options: ServeOptions): Promise<Served> {
  const { source, follower, listen, wasm, xds, tls, http, admin, log, onMesh, build, partOf, judge, rootNamespace } =
    options;
  const controlPlane = await startControlPlane({
    xds: { address: xds.ip, port: xds.port },
    tls,
    http: { address: http.ip, port: http.port },
    admin: { address: admin.ip, port: admin.port },
    filter: await readWasm(),
    listen,
    code: wasm,
    ...(build !== undefined && { build }),
    log: log.child({ component: "xds" }),
  });
  const translator = new Translator({
    checkFilterConfig: await filterCheck(),
    rootNamespace,
    ...(partOf !== undefined && { partOf }),
  });
  const problemLog = new ProblemLog(log.child({ component: "config" }));
  follower?.begin(controlPlane);
  let mesh: Mesh = { services: [], listeners: [] };
  try {
    await source.start((state) => {
      const translated = translator.translate(state);
      mesh = translated.mesh;
      const problems = judge === undefined ? translated.problems : judge(translated.problems, state.resources, mesh);
      const served = controlPlane.setMesh(mesh);
      problemLog.update(problems, served.problems);
      onMesh?.(mesh);
      follower?.served(state.resources, problems, served.version);
    });
  } catch (error) {
    await follower?.end();
    await controlPlane.close();
    throw error;
  }
  return {
    xds: { ip: xds.ip, port: controlPlane.xdsPort },
    http: { ip: http.ip, port: controlPlane.httpPort ?? 0 },
    admin: { ip: admin.ip, port: controlPlane.adminPort ?? 0 },
    controlPlane,
    endConnections: async () => {
      await source.close();
      controlPlane.setMesh(withEndingConnections(mesh));
      await controlPlane.synchronized();
    },
    stop: async () => {
      await follower?.end();
      await source.close();
      await controlPlane.close();
    },
  };
}

/** Every connection is as old as it may be: clients are told to go elsewhere, and get the answers that they wait for. */
function withEndingConnections(mesh: Mesh): Mesh {
  const listeners = mesh.listeners.map((listener) => {
    // What is carried as a whole would be cut.
    if (listener.mode !== "call") return listener;
    return { ...listener, settings: { ...listener.settings, maxConnectionAge_ms: 1 } };
  });
  const { inbound } = mesh;
  if (inbound === undefined) return { ...mesh, listeners };
  const ending = inbound.listeners.map((one) => ({ ...one, settings: { ...one.settings, maxConnectionAge_ms: 1 } }));
  return { ...mesh, listeners, inbound: { ...inbound, listeners: ending } };
}
