/**
 * A literate case file: Markdown whose `##` sections are cases. Prose says what should happen and why; fenced blocks say it in
 * bytes. Blocks before the first section belong to every case of the file.
 *
 *     ```yaml config [LISTENER [ROOT_ID]]            the listener's configuration from here on (default: dubbo dubbo)
 *     ```yaml config refused [LISTENER [ROOT_ID]]    one that the filter must refuse
 *     ```yaml peer                                   how HCM behaves (PeerOptions, and readBufferBytes)
 *     ```calls                             what happens, line by line: see script.ts
 */
export interface Block {
  kind: "config" | "peer" | "calls";
  refused: boolean;
  listener: string;
  /** The plugin's: the protocol, and the mode where calls are not routed one by one. */
  rootId: string;
  text: string;
  /** Line of the file that the block's first line is. */
  line: number;
}

export interface Case {
  name: string;
  blocks: Block[];
}

export interface CaseFile {
  title: string;
  cases: Case[];
}

export function parseCaseFile(markdown: string): CaseFile {
  const lines = markdown.split("\n");
  const common: Block[] = [];
  const file: CaseFile = { title: "", cases: [] };
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    if (line.startsWith("# ")) file.title = line.slice(2);
    else if (line.startsWith("## ")) file.cases.push({ name: line.slice(3), blocks: [...common] });
    else if (line.startsWith("```")) {
      const end = lines.indexOf("```", i + 1);
      if (end < 0) throw new Error(`the block of line ${i + 1} is not closed`);
      const block = parseBlock(line.slice(3).trim().split(/\s+/), lines.slice(i + 1, end).join("\n"), i + 2);
      if (block) (file.cases.at(-1)?.blocks ?? common).push(block);
      i = end;
    }
  }
  return file;
}

function parseBlock(info: string[], text: string, line: number): Block | undefined {
  if (info[0] === "calls") return { kind: "calls", refused: false, listener: "", rootId: "", text, line };
  if (info[0] !== "yaml") return undefined;
  if (info[1] === "peer") return { kind: "peer", refused: false, listener: "", rootId: "", text, line };
  if (info[1] !== "config") throw new Error(`line ${line - 1}: a yaml block is "config" or "peer", not ${info[1]}`);
  const refused = info[2] === "refused";
  const [listener = "dubbo", rootId = "dubbo"] = info.slice(refused ? 3 : 2);
  return { kind: "config", refused, listener, rootId, text, line };
}
