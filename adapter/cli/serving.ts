import type { Mesh } from "../model/model.js";
import type { SourceState } from "../source/source.js";

/** From the states of the source to what the control plane serves. */
export interface Serving {
  offer(state: SourceState): void;
  /** Resolves when what was there at first is served. */
  settled(): Promise<void>;
  /** There is a node of a namespace of which nothing is served. */
  ask(namespace: string): void;
  /** Has the filters end their connections. No state follows. */
  end(): Promise<void>;
  close(): Promise<void>;
}

/** Every connection is as old as it may be: clients are told to go elsewhere, and get the answers that they wait for. */
export function withEndingConnections(mesh: Mesh): Mesh {
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
