import { describe, expect, it } from "vitest";
import { parseEnvoyLogLine } from "./envoy-log.js";

describe("parseEnvoyLogLine", () => {
  it("reads the format that Envoy is started with", () => {
    const line = '{"level":"warning","name":"config","message":"a \\"quoted\\" word"}';
    expect(parseEnvoyLogLine(line)).toEqual({ level: "warn", name: "config", message: 'a "quoted" word' });
  });

  it("takes critical for an error", () => {
    expect(parseEnvoyLogLine('{"level":"critical","name":"main","message":"m"}').level).toBe("error");
  });

  it("keeps what is not in that format", () => {
    const expected = { level: "warn", name: "stderr", message: "Caught Segmentation fault" };
    expect(parseEnvoyLogLine("Caught Segmentation fault")).toEqual(expected);
  });
});
