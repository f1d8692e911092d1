import { describe } from "vitest";
import { Page } from "./page.js";

describe("docs/gateway-api.md", () => {
  new Page("gateway-api.md").describeCommands();
});
