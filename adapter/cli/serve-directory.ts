import type { Logger } from "../log/logger.js";
import type { Mesh } from "../model/model.js";
import { recognise } from "../resource/recognise.js";
import { type ControlPlane, startControlPlane } from "../server/control-plane.js";
import { DirectorySource } from "../source/directory-source.js";
import { Translator } from "../translate/translator.js";
import type { BindAddress, Listen } from "../xds/bind.js";
import type { WasmCode } from "../xds/extension-configs.js";
import { filterCheck } from "./filter-check.js";
import { ProblemLog } from "./problem-log.js";

export interface ServeDirectoryOptions {
  readonly config: string;
  readonly listen: readonly Listen[];
  readonly xds: BindAddress;
  readonly http: BindAddress;
  readonly wasm: WasmCode;
  readonly log: Logger;
}

/** A directory that is served over xDS, and followed. */
export interface ServedDirectory {
  readonly xds: BindAddress;
  readonly http: BindAddress;
  readonly controlPlane: ControlPlane;
  /** Has the nodes' filters end their clients' connections when the calls on them have ended. The directory is followed no more. */
  endConnections(): Promise<void>;
  stop(): Promise<void>;
}

/** Resolves when the directory has been read and nodes can get what is good of it. */
export async function serveDirectory(options: ServeDirectoryOptions): Promise<ServedDirectory> {
  const { config, listen, wasm, xds, http, log } = options;
  const controlPlane = await startControlPlane({
    xds: { address: xds.ip, port: xds.port },
    http: { address: http.ip, port: http.port },
    listen,
    code: wasm,
    log: log.child({ component: "xds" }),
  });
  const translator = new Translator({ checkFilterConfig: await filterCheck() });
  const problemLog = new ProblemLog(log.child({ component: "config" }));
  const source = new DirectorySource(config, recognise);
  let mesh: Mesh = { services: [], listeners: [] };
  try {
    await source.start((state) => {
      const { problems, ...translated } = translator.translate(state);
      mesh = translated.mesh;
      const served = controlPlane.setMesh(mesh);
      problemLog.update(problems, served.problems);
    });
  } catch (error) {
    await controlPlane.close();
    throw error;
  }
  return {
    xds: { ip: xds.ip, port: controlPlane.xdsPort },
    http: { ip: http.ip, port: controlPlane.httpPort ?? 0 },
    controlPlane,
    endConnections: async () => {
      await source.close();
      controlPlane.setMesh(withEndingConnections(mesh));
      await controlPlane.synchronized();
    },
    stop: async () => {
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
  return { ...mesh, listeners };
}
