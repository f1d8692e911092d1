import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { compile } from "../../../adapter/declared/compile.js";
import type { Declaration } from "../../../adapter/declared/declaration.js";
import { formatFieldPath } from "../../../adapter/status/field-path.js";

/** The declaration in a folder of cases; undefined: its protocol is one of the filter's own. */
export function declarationOf(folder: string): Declaration | undefined {
  const file = join(import.meta.dirname, folder, "protocol.yaml");
  return existsSync(file) ? (parse(readFileSync(file, "utf8")) as { spec: Declaration }).spec : undefined;
}

/** The same compiled. */
export function declaredProgram(folder: string): Uint8Array | undefined {
  const declaration = declarationOf(folder);
  if (declaration === undefined) return undefined;
  const problems: string[] = [];
  const program = compile(declaration, (path, reason) => problems.push(`${formatFieldPath(path)}: ${reason}`));
  if (program === undefined) throw new Error(`${folder}: ${problems.join("; ")}`);
  return program;
}

/** How a folder's protocol is configured: the root id, and what its table has besides. */
export function asConfigured(folder: string): { readonly rootId: string; readonly program?: string } {
  const program = declaredProgram(folder);
  if (program === undefined) return { rootId: folder };
  return { rootId: "declared", program: Buffer.from(program).toString("base64") };
}
