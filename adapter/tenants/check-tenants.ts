import type { Mesh } from "../model/model.js";
import { recognise } from "../resource/recognise.js";
import { DirectoryReader } from "../source/directory-reader.js";
import { sortProblems } from "../status/problem.js";
import type { Translation, TranslatorOptions } from "../translate/translator.js";
import { NOBODY, type TenantMesh, Tenants } from "./tenants.js";

/** What `check` tells, where every namespace is a tenant, and the mesh that each has. */
export interface CheckedTenants extends Omit<Translation, "mesh" | "statuses"> {
  /** That of a node of this namespace. */
  meshOf(namespace: string): Mesh | undefined;
}

/** Reads a directory once and tells everything that is wrong with it. `guest`: a namespace that may have nothing of its own. */
export async function checkTenants(
  directory: string,
  translator: TranslatorOptions,
  guest?: string,
): Promise<CheckedTenants> {
  const state = await new DirectoryReader(directory, recognise).read();
  let meshes: ReadonlyMap<string, TenantMesh> = new Map();
  const tenants = new Tenants({
    translator,
    onMeshes: (now) => {
      meshes = now;
    },
  });
  tenants.offer(state);
  if (guest !== undefined) tenants.ask(guest);
  await tenants.settled();
  await tenants.close();
  return {
    problems: sortProblems([...meshes.values()].flatMap(({ problems }) => problems)),
    ignored: state.ignored,
    meshOf: (namespace) => (meshes.get(namespace) ?? meshes.get(NOBODY))?.mesh,
  };
}
