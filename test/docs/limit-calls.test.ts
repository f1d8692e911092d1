import { describe, expect, it } from "vitest";
import { Page } from "./page.js";

describe("docs/limit-calls.md", () => {
  const page = new Page("limit-calls.md");
  page.describeCommands();

  /** Pieces of a route or of a VirtualService. */
  const pieces = [...page.text.matchAll(/^```yaml\n( {2}[\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

  it.each(pieces)("can be written in a VirtualService:\n%s", async (piece) => {
    const inPlace = (text: string) => text.replace(/^ {2}localRateLimit: .*\n/m, piece);
    expect(await page.checkWith("config/limits.yaml", inPlace)).toBe("0 errors, 0 warnings\n");
  });
});
