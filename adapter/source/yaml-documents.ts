import {
  Composer,
  type CST,
  type Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  Parser,
  parseDocument,
} from "yaml";
import type { FieldPath } from "../status/field-path.js";
import { MAX_ALIAS_COUNT, MAX_DOCUMENTS_PER_FILE, MAX_NESTING } from "./limits.js";
import type { Place } from "./source.js";

/** One document of a YAML file. */
export interface YamlDocument {
  readonly value: unknown;
  readonly place: Place;
  locate(path: FieldPath): Place;
}

/** Text that is no YAML, or too much of it. */
export interface YamlError {
  readonly line: number;
  readonly reason: string;
}

/**
 * Every document of the text that is well formed, and what is wrong with the others. JSON is YAML. Comments and empty
 * documents are none.
 */
export function parseYamlDocuments(
  text: string,
  file: string,
): { readonly documents: readonly YamlDocument[]; readonly errors: readonly YamlError[] } {
  const lines = new LineCounter();
  const documents: YamlDocument[] = [];
  const errors: YamlError[] = [];
  const composer = new Composer({ lineCounter: lines, stringKeys: true });
  const take = (composed: Iterable<Document>) => {
    for (const document of composed) {
      const range = document.range ?? [0, 0, 0];
      const line = lines.linePos(document.contents?.range?.[0] ?? range[0]).line;
      const [error] = document.errors;
      if (error !== undefined) {
        errors.push({ line: lines.linePos(error.pos[0]).line, reason: `malformed YAML: ${error.message}` });
        continue;
      }
      try {
        const value: unknown = document.toJS({ maxAliasCount: MAX_ALIAS_COUNT });
        if (value !== null) documents.push(new ParsedDocument(value, file, line, text, range, lines));
      } catch (cause) {
        // The only way for a document without errors: aliases that repeat too much.
        errors.push({ line, reason: `malformed YAML: ${(cause as Error).message}` });
      }
    }
  };
  let tokens = 0;
  for (const token of new Parser(lines.addNewLine).parse(text)) {
    if (token.type === "document") {
      if (++tokens > MAX_DOCUMENTS_PER_FILE) {
        errors.push({ line: lines.linePos(token.offset).line, reason: tooManyDocuments });
        return { documents: [], errors };
      }
      if (nestsDeeperThan(token, MAX_NESTING)) {
        errors.push({
          line: lines.linePos(token.offset).line,
          reason: `the document nests deeper than ${MAX_NESTING} levels: refused`,
        });
        return { documents, errors };
      }
    }
    take(composer.next(token));
  }
  take(composer.end());
  return { documents, errors };
}

const tooManyDocuments = `more than ${MAX_DOCUMENTS_PER_FILE} documents in one file: split it`;

/** Level by level and not by recursion, which the depth that is looked for would end: composing a document does recurse. */
function nestsDeeperThan(document: CST.Document, limit: number): boolean {
  let level: readonly CST.Token[] = document.value === undefined ? [] : [document.value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    const below: CST.Token[] = [];
    for (const token of level) {
      if (!("items" in token)) continue;
      for (const { key, value } of token.items) {
        if (key) below.push(key);
        if (value) below.push(value);
      }
    }
    level = below;
  }
  return false;
}

class ParsedDocument implements YamlDocument {
  readonly place: Place;
  readonly #text: string;
  readonly #firstLine: number;
  /** The syntax tree is many times the size of its text and is only asked for when something is wrong: made anew then. */
  #tree: WeakRef<{ readonly document: Document; readonly lines: LineCounter }> | undefined;

  constructor(
    readonly value: unknown,
    file: string,
    line: number,
    text: string,
    range: readonly [number, number, number],
    lines: LineCounter,
  ) {
    this.place = { file, line };
    this.#text = text.slice(range[0], range[2]);
    this.#firstLine = lines.linePos(range[0]).line;
  }

  locate(path: FieldPath): Place {
    let tree = this.#tree?.deref();
    if (tree === undefined) {
      const lines = new LineCounter();
      tree = { document: parseDocument(this.#text, { lineCounter: lines, stringKeys: true }), lines };
      this.#tree = new WeakRef(tree);
    }
    const offset = offsetOf(tree.document, path);
    if (offset === undefined) return this.place;
    return { file: this.place.file, line: this.#firstLine + tree.lines.linePos(offset).line - 1 };
  }
}

/** Where the key or the list item at the end of the path begins; of the path's longest part that there is. */
function offsetOf(document: Document, path: FieldPath): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === step);
      if (pair === undefined || !isScalar(pair.key)) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === "number") {
      const item = node.items[step] as { range?: readonly number[] } | undefined;
      if (item === undefined) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else break;
  }
  return offset;
}
