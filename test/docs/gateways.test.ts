import { describe, expect, it } from "vitest";
import { Page } from "./page.js";

describe("docs/gateways.md", () => {
  const page = new Page("gateways.md");
  page.describeCommands();

  it("has a Gateway with TLS that is good but for routes", async () => {
    const said = await page.checkWith("secure/gateway.yaml", (text) => text.replace("mode: MUTUAL", "mode: SIMPLE"));
    expect(said).toContain("mode SIMPLE asks no client for a certificate: write MUTUAL");
  });
});
