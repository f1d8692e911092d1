import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../adapter/tenants/limits.js";
import { Page } from "./page.js";

describe("docs/tenants.md", () => {
  const page = new Page("tenants.md");
  page.describeCommands();

  it("has the limits that there are", () => {
    const written = [...page.text.matchAll(/^\| `(\w+)=N` \| ([\d,]+) \|/gm)];
    expect(Object.fromEntries(written.map(([, what, most = ""]) => [what, Number(most.replaceAll(",", ""))]))).toEqual(
      DEFAULT_LIMITS,
    );
  });
});
