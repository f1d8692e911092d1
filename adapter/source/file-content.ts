import { type FieldPath, formatFieldPath } from "../status/field-path.js";
import type { Problem } from "../status/problem.js";
import type { IgnoredDocument, RawResource, Recognise } from "./source.js";
import { parseYamlDocuments, type YamlDocument } from "./yaml-documents.js";

/** What one file says. */
export interface FileContent {
  readonly resources: readonly RawResource[];
  readonly ignored: readonly IgnoredDocument[];
  readonly problems: readonly Problem[];
  /** The file as a whole is to be taken. Not so if it is malformed, too long or half written. */
  readonly whole: boolean;
}

export function parseFile(text: string, file: string, recognise: Recognise): FileContent {
  if (text.trim() === "") {
    return unreadable(
      file,
      "the file is empty: delete it, or write at least a comment, to remove what it held",
      "warning",
    );
  }
  const { documents, errors } = parseYamlDocuments(text, file);
  const problems: Problem[] = errors.map(({ line, reason }) => fileProblem(file, line, reason));
  const resources: RawResource[] = [];
  const ignored: IgnoredDocument[] = [];
  for (const { document, at } of documents.flatMap(expandList)) {
    const recognition = recognise(document.value);
    if (recognition.kind === "ignored") {
      ignored.push({ place: document.place, reason: recognition.reason });
    } else if (recognition.kind === "refused") {
      const { line } = document.locate(recognition.field);
      problems.push({
        ...fileProblem(file, line, recognition.reason),
        field: formatFieldPath([...at, ...recognition.field]),
      });
    } else {
      const { value, place } = document;
      resources.push({ document: value as RawResource["document"], place, locate: (path) => document.locate(path) });
    }
  }
  return { resources, ignored, problems, whole: problems.length === 0 };
}

export function unreadable(file: string, reason: string, severity: Problem["severity"] = "error"): FileContent {
  return { resources: [], ignored: [], problems: [{ ...fileProblem(file, 1, reason), severity }], whole: false };
}

function fileProblem(file: string, line: number, reason: string): Problem {
  return { severity: "error", resource: undefined, file, line, field: "", reason };
}

/** `kubectl get -o yaml` writes one document of kind List. */
function expandList(document: YamlDocument): { readonly document: YamlDocument; readonly at: FieldPath }[] {
  const { value } = document;
  if (typeof value !== "object" || value === null || !("kind" in value) || value.kind !== "List") {
    return [{ document, at: [] }];
  }
  if (!("items" in value) || !Array.isArray(value.items)) return [{ document, at: [] }];
  return value.items.map((item: unknown, index) => {
    const at = ["items", index];
    const locate = (path: FieldPath) => document.locate([...at, ...path]);
    return { document: { value: item, place: locate([]), locate }, at };
  });
}
