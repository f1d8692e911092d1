import { parseAllDocuments, stringify } from "yaml";
import type { MeshConfig } from "./mesh.js";

interface Written {
  kind: string;
  spec: { routes: { match?: { attributes: Record<string, { exact?: string }> }[]; headers?: object }[] };
}

/**
 * The same mesh, where each route changes what it can in calls and answers: attributes that nobody looks at come, and what jason sends as his name is written
 * anew, so that servers read it as the filter has written it.
 */
export function changing({ protocol, files }: MeshConfig): MeshConfig {
  return {
    protocol,
    files: (ports) =>
      Object.fromEntries(
        Object.entries(files(ports)).map(([name, text]) => [name, name === "routes.yaml" ? changed(text) : text]),
      ),
  };
}

function changed(text: string): string {
  const documents = parseAllDocuments(text).map((document) => document.toJS() as Written);
  for (const { kind, spec } of documents) {
    if (kind !== "VirtualService") continue;
    for (const route of spec.routes) {
      const isJasons = route.match?.some(({ attributes }) => attributes.user?.exact === "jason");
      const set = { "x-mesh": "meltemi é 书 😀", ...(isJasons && { user: "jason" }) };
      route.headers = {
        request: { set, add: { "x-more": "more" }, remove: ["x-none"] },
        response: { set: { "x-mesh": "meltemi" }, remove: ["x-none"] },
      };
    }
  }
  return documents.map((document) => stringify(document)).join("---\n");
}
