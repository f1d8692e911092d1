import { createServer } from "node:net";
import { afterAll, expect, it } from "vitest";
import { runToEnd } from "./support/meltemi.js";

/** Ports that the demo would like to have. One that is taken already will do as well. */
const servers = [20880, 20881].map((port) =>
  createServer()
    .on("error", () => {})
    .listen(port, "127.0.0.1"),
);

afterAll(() => {
  for (const server of servers) server.close();
});

it.each(["MELTEMI_TEST_ENVOY_1_40", "MELTEMI_TEST_ENVOY_1_36"])(
  "npm start -- --once proves it, even where its ports are taken, on %s",
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
