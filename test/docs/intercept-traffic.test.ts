import { describe } from "vitest";
import { Page } from "./page.js";

describe("docs/intercept-traffic.md", () => {
  new Page("intercept-traffic.md").describeCommands();
});
