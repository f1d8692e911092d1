import { Option } from "commander";

export type Output = "text" | "json";

export function outputOption(): Option {
  return new Option("-o, --output <format>", "lines for people, or JSON for machines")
    .choices(["text", "json"])
    .default("text");
}
