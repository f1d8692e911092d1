import { InvalidArgumentError } from "commander";

/** One more of several options `--label KEY=VALUE`. */
export function parseLabel(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const [, key, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError("Write KEY=VALUE.");
  return { ...before, [key]: value };
}
