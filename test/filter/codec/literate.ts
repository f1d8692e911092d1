import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Rule } from "./codec.js";
import { parseBytes } from "./notation.js";

/** A case of a Markdown file: a heading, prose, and fenced blocks `request` or `response`, `wanted` (optional), `decoded`. */
export interface LiterateCase {
  file: string;
  title: string;
  direction: "request" | "response";
  bytes: Buffer;
  maxMessageBytes: number;
  /** With a response: what the upstream sends is not answers. */
  listening: boolean;
  wanted: string[];
  /** `key: value` a line, the value as in `literate.test.ts`. */
  decoded: Record<string, string>;
}

/** A case of a file `mutations….md`: blocks `request` or `response`, `rules`, and `mutated` (the bytes) or `unmutable` (the reason). */
export interface MutationCase {
  file: string;
  title: string;
  direction: "request" | "response";
  bytes: Buffer;
  rules: Rule[];
  mutated?: Buffer;
  unmutable?: string;
}

const DEFAULT_MAX_MESSAGE_BYTES = 16 << 20;

/** The protocols that have cases: each has a folder here. */
export function protocolFolders(): string[] {
  const entries = readdirSync(import.meta.dirname, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

export function readCases(folder: string): LiterateCase[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".md") && !isOfMutations(name));
  return files.sort().flatMap((file) => casesOf(file, readFileSync(join(folder, file), "utf8"), folder));
}

function isOfMutations(file: string): boolean {
  return file.startsWith("mutations");
}

export function readMutationCases(folder: string): MutationCase[] {
  const files = readdirSync(folder).filter(isOfMutations).sort();
  return files.flatMap((file) => {
    const sections = readFileSync(join(folder, file), "utf8").split(/^## /m).slice(1);
    return sections.map((section) => mutationCaseOf(file, section, folder));
  });
}

function mutationCaseOf(file: string, section: string, folder: string): MutationCase {
  const { title, blocks } = partsOf(section);
  const direction = blocks.has("request") ? "request" : "response";
  const [bytes, rules] = [blocks.get(direction), blocks.get("rules")];
  const [mutated, unmutable] = [blocks.get("mutated"), blocks.get("unmutable")];
  if (bytes === undefined || rules === undefined || (mutated === undefined) === (unmutable === undefined)) {
    throw new Error(`${file}: "${title}" needs a request or response, rules, and either mutated or unmutable`);
  }
  return {
    file,
    title,
    direction,
    bytes: parseBytes(bytes, folder),
    rules: lines(rules).map(ruleOf),
    ...(mutated !== undefined && { mutated: parseBytes(mutated, folder) }),
    ...(unmutable !== undefined && { unmutable: unmutable.trim() }),
  };
}

/** `set name: value`, `add name: value` or `remove name`. */
function ruleOf(line: string): Rule {
  const [, how, name = "", value] = /^(set|add|remove) ([^:]+)(?:: ?(.*))?$/.exec(line) ?? [];
  if (how === undefined) throw new Error(`"${line}" is no rule`);
  return { how: how as Rule["how"], name, ...(value !== undefined && { value }) };
}

function partsOf(section: string): { title: string; blocks: Map<string, string> } {
  const title = section.slice(0, section.indexOf("\n")).trim();
  const blocks = new Map<string, string>();
  for (const [, info, text] of section.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)) blocks.set(info ?? "", text ?? "");
  return { title, blocks };
}

function casesOf(file: string, markdown: string, folder: string): LiterateCase[] {
  const sections = markdown.split(/^## /m).slice(1);
  return sections.map((section) => caseOf(file, section, folder));
}

function caseOf(file: string, section: string, folder: string): LiterateCase {
  const { title, blocks } = partsOf(section);
  const infos = [...blocks.keys()];
  const info = infos.find((name) => /^re(quest|sponse)\b/.test(name));
  const decoded = blocks.get("decoded");
  if (!info || decoded === undefined)
    throw new Error(`${file}: "${title}" needs a request or response, and a decoded block`);
  const unknown = infos.filter((name) => name !== info && name !== "decoded" && name !== "wanted");
  if (unknown.length) throw new Error(`${file}: "${title}" has a block that is not known: ${unknown.join(", ")}`);
  return {
    file,
    title,
    direction: info.startsWith("request") ? "request" : "response",
    bytes: parseBytes(blocks.get(info) ?? "", folder),
    maxMessageBytes: Number(/max=(\d+)/.exec(info)?.[1] ?? DEFAULT_MAX_MESSAGE_BYTES),
    listening: / listening\b/.test(info),
    wanted: lines(blocks.get("wanted") ?? ""),
    decoded: Object.fromEntries(lines(decoded).map(keyAndValue)),
  };
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function keyAndValue(line: string): [string, string] {
  const colon = line.indexOf(": ");
  if (colon < 0) throw new Error(`"${line}" is not "key: value"`);
  return [line.slice(0, colon), line.slice(colon + 2)];
}
