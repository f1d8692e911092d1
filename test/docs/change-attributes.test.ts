import { describe, expect, it } from "vitest";
import { Page } from "./page.js";

describe("docs/change-attributes.md", () => {
  const page = new Page("change-attributes.md");
  page.describeCommands();

  it("has a part of a route that can be written in the place of the last one", async () => {
    const [, part = ""] = /^```yaml\n( {2}headers:[\s\S]*?)^```$/m.exec(page.text) ?? [];
    expect(part).not.toBe("");
    const route = part.replaceAll(/^ {2}/gm, "    ");
    const inPlace = (text: string) => text.replace(/( {2}- name: others\n)[\s\S]*$/, `$1${route}`);
    expect(await page.checkWith("config/changes.yaml", inPlace)).toBe("0 errors, 0 warnings\n");
  });
});
