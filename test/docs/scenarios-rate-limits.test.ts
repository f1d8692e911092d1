import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { meltemi } from "../cli/support/meltemi.js";

const EXAMPLE = "envoy-config/scenarios/rate-limits";

describe("docs/scenarios-rate-limits.md", () => {
  const page = readFileSync("docs/scenarios-rate-limits.md", "utf8");
  const files = ["mesh/gateway-limits.yaml", "limits.yaml"].map((name) => readFileSync(`${EXAMPLE}/${name}`, "utf8"));
  const pieces = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

  it.each(pieces)("shows what is in the example:\n%s", (piece) => {
    expect(files.some((text) => text.includes(piece))).toBe(true);
  });

  it("has a check say what it says", async () => {
    const [, path = "", output] = /^\$ meltemi check (\S+)\n([\s\S]*?)^```$/m.exec(page) ?? [];
    expect((await meltemi("check", path)).stdout).toBe(output);
  });
});
