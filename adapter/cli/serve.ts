import type { Judged } from "../kubernetes/status-reporter.js";
import type { Logger } from "../log/logger.js";
import type { Mesh } from "../model/model.js";
import { type ControlPlane, startControlPlane } from "../server/control-plane.js";
import type { TlsFiles } from "../server/credentials.js";
import type { BuildResources } from "../server/served-mesh.js";
import type { RawResource, Source } from "../source/source.js";
import type { Problem } from "../status/problem.js";
import type { TenantLimits } from "../tenants/limits.js";
import type { CheckFilterConfig } from "../translate/filter-refusal.js";
import { Translator } from "../translate/translator.js";
import type { BindAddress, Listen } from "../xds/bind.js";
import type { WasmCode } from "../xds/extension-configs.js";
import { filterCheck } from "./filter-check.js";
import { ProblemLog } from "./problem-log.js";
import { serveTenants } from "./serve-tenants.js";
import { type Serving, withEndingConnections } from "./serving.js";
import { readWasm } from "./wasm-option.js";

/** Is told of what is served, to tell of it elsewhere. */
export interface Follower {
  begin(controlPlane: ControlPlane): void;
  /** These resources, with these problems, are served as this version from now on: all, or those of a tenant to its nodes. */
  served(resources: readonly RawResource[], judged: Judged, version: string, tenant?: string): void;
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
  /** The Envoys are an istiod's. Default: they are ours. */
  readonly isIstios?: boolean;
  /** What is to be told of the resources, of the problems that were found and besides. Default: those. */
  readonly judge?: (problems: readonly Problem[], resources: readonly RawResource[], mesh: Mesh) => readonly Problem[];
  /** Every namespace is a tenant, and has a mesh of its own. Default: all have one. */
  readonly tenants?: TenantLimits | undefined;
  /** Told of each mesh that is served, where all have one. */
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
  const { source, follower, listen, wasm, xds, tls, http, admin, log, build, tenants: limits } = options;
  let onUnknown: (namespace: string) => void = () => undefined;
  const controlPlane = await startControlPlane({
    xds: { address: xds.ip, port: xds.port },
    tls,
    http: { address: http.ip, port: http.port },
    admin: { address: admin.ip, port: admin.port },
    filter: await readWasm(),
    listen,
    code: wasm,
    ...(build !== undefined && { build }),
    ...(limits && { tenants: { maxStreams: limits.streams, onUnknown: (namespace) => onUnknown(namespace) } }),
    log: log.child({ component: "xds" }),
  });
  const checkFilterConfig = await filterCheck();
  const serving =
    limits === undefined
      ? serveAll(options, controlPlane, checkFilterConfig)
      : serveTenants({ ...options, limits, controlPlane, checkFilterConfig });
  onUnknown = serving.ask;
  follower?.begin(controlPlane);
  try {
    await source.start(serving.offer);
    await serving.settled();
  } catch (error) {
    await follower?.end();
    await serving.close();
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
      await serving.end();
      await controlPlane.synchronized();
    },
    stop: async () => {
      await follower?.end();
      await source.close();
      await serving.close();
      await controlPlane.close();
    },
  };
}

function serveAll(options: ServeOptions, controlPlane: ControlPlane, checkFilterConfig: CheckFilterConfig): Serving {
  const { follower, log, onMesh, partOf, isIstios, judge, rootNamespace } = options;
  const translator = new Translator({
    checkFilterConfig,
    rootNamespace,
    isIstios,
    ...(partOf !== undefined && { partOf }),
  });
  const problemLog = new ProblemLog(log.child({ component: "config" }));
  let mesh: Mesh = { services: [], listeners: [] };
  return {
    offer: (state) => {
      const translated = translator.translate(state);
      mesh = translated.mesh;
      const problems = judge === undefined ? translated.problems : judge(translated.problems, state.resources, mesh);
      const served = controlPlane.setMesh(mesh);
      problemLog.update(problems, served.problems);
      onMesh?.(mesh);
      follower?.served(state.resources, { problems, statuses: translated.statuses }, served.version);
    },
    settled: async () => undefined,
    ask: () => undefined,
    end: async () => void controlPlane.setMesh(withEndingConnections(mesh)),
    close: async () => undefined,
  };
}
