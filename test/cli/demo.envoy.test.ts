import { expect, it } from "vitest";
import { runToEnd } from "./support/meltemi.js";

it.each(["MELTEMI_TEST_ENVOY_1_40", "MELTEMI_TEST_ENVOY_1_36"])(
  "npm start -- --once proves it, on %s",
  async (variable) => {
    const env = { ...process.env, ENVOY_PATH: process.env[variable] };
    const { status, stdout, stderr } = await runToEnd("npm", ["start", "--silent", "--", "--once"], env);
    expect(stderr).not.toContain("error");
    expect(stdout).toMatch(/getReviews\(book-1\) +– +v1 +v1 +✓/);
    expect(stdout).toMatch(/getReviews\(book-2\) +user: jason +v2 +v2 +✓/);
    expect(stdout).toContain("6 of 6 calls were answered as expected, on 1 connection (by Envoy's count).");
    expect(status).toBe(0);
  },
);
