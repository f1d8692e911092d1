import { describe, expect, it } from "vitest";
import { Page } from "./page.js";

describe("docs/http-services.md", () => {
  const page = new Page("http-services.md");
  page.describeCommands();

  it("shows routes that Meltemi's VirtualService can have", async () => {
    const [, routes = ""] = /^```yaml\n( {2}routes:[\s\S]*?)^```$/m.exec(page.text) ?? [];
    const spec = `  hosts: [ reviews ]\n  protocol: http\n${routes}`;
    const ours = (text: string) =>
      text.replace("networking.istio.io/v1", "networking.meltemi.io/v1alpha1").replace(/^ {2}hosts:[\s\S]*/m, spec);
    expect(await page.checkWith("config/canary.yaml", ours)).toBe("0 errors, 0 warnings\n");
  });
});
