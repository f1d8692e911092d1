import { expect, it } from "vitest";
import { runToEnd } from "./support/meltemi.js";

/** As Node is from version 23 on. */
const WITHOUT_FORMER_UTIL =
  "data:text/javascript,import util from 'node:util'; for (const n of ['isArray', 'isFunction', 'isString']) delete util[n]";

it("the demo's client calls where Node no longer has what its library was written for", async () => {
  const call = ["--import", WITHOUT_FORMER_UTIL, "dist/adapter/demo/call.js", "127.0.0.1:1"];
  const { stdout, stderr } = await runToEnd(process.execPath, call);
  // Nobody is there: that is all there is to complain about.
  expect(stdout).toContain("demo.ReviewService#getReviews remote invoke timeout");
  expect(stderr).toBe("");
});
