import type { Attachments, ReviewClient } from "./client.js";
import { formatTable } from "./table.js";

/** One call of the demo, and the version that has to answer it. */
interface Call {
  readonly attachments: Attachments;
  readonly expected: string;
}

const CALLS: readonly Call[] = [
  { attachments: {}, expected: "v1" },
  { attachments: { user: "jason" }, expected: "v2" },
  { attachments: { user: "anna" }, expected: "v1" },
  { attachments: { user: "jason", region: "eu" }, expected: "v2" },
  { attachments: { region: "eu" }, expected: "v1" },
  { attachments: { user: "jason" }, expected: "v2" },
];

export interface Proof {
  readonly table: string;
  readonly calls: number;
  readonly wrong: number;
}

/** Sends all calls at once, so that they share the connection in time too, and holds the answers against what is expected. */
export async function prove(client: ReviewClient): Promise<Proof> {
  const answers = await Promise.all(CALLS.map(({ attachments }, i) => client.getReviews(`book-${i + 1}`, attachments)));
  const results = CALLS.map(({ attachments, expected }, i) => {
    const answeredBy = answers[i]?.match(/answered by (\S+)$/)?.[1] ?? answers[i] ?? "nobody";
    return { attachments, expected, answeredBy, right: answeredBy === expected };
  });
  const rows = results.map(({ attachments, expected, answeredBy, right }, i) => [
    `getReviews(book-${i + 1})`,
    formatAttachments(attachments),
    expected,
    answeredBy,
    right ? "✓" : "✗",
  ]);
  return {
    table: formatTable([["call", "attachments", "expected", "answered by", ""], ...rows]),
    calls: results.length,
    wrong: results.filter(({ right }) => !right).length,
  };
}

function formatAttachments(attachments: Attachments): string {
  const list = Object.entries(attachments).map(([name, value]) => `${name}: ${value}`);
  return list.length === 0 ? "–" : list.join(", ");
}
