import { type Command, Option } from "commander";
import { DEFAULT_ROOT_NAMESPACE } from "../translate/choose-scopes.js";

/** Whose the Envoys are. */
export interface MeshOptions {
  readonly mesh: "standalone" | "istio";
  readonly istioNamespace: string;
}

export function withMeshOptions(command: Command): Command {
  return withIstioNamespace(command).addOption(
    new Option("--mesh <kind>", "whose the Envoys are: all Meltemi's, or Istio's")
      .choices(["standalone", "istio"])
      .default("standalone"),
  );
}

export function withIstioNamespace(command: Command): Command {
  return command.option("--istio-namespace <name>", "Istio's root namespace", DEFAULT_ROOT_NAMESPACE);
}
