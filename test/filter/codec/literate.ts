import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
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

const DEFAULT_MAX_MESSAGE_BYTES = 16 << 20;

/** The protocols that have cases: each has a folder here. */
export function protocolFolders(): string[] {
  const entries = readdirSync(import.meta.dirname, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

export function readCases(folder: string): LiterateCase[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".md"));
  return files.sort().flatMap((file) => casesOf(file, readFileSync(join(folder, file), "utf8"), folder));
}

function casesOf(file: string, markdown: string, folder: string): LiterateCase[] {
  const sections = markdown.split(/^## /m).slice(1);
  return sections.map((section) => caseOf(file, section, folder));
}

function caseOf(file: string, section: string, folder: string): LiterateCase {
  const title = section.slice(0, section.indexOf("\n")).trim();
  const blocks = new Map<string, string>();
  for (const [, info, text] of section.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)) blocks.set(info ?? "", text ?? "");
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
