import { describe } from "vitest";
import { Page } from "./page.js";

describe("docs/break-circuits.md", () => new Page("break-circuits.md").describeCommands());
