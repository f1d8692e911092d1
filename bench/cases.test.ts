import { describe, expect, it } from "vitest";
import { allCases, parseCases } from "./cases.js";

describe("parseCases", () => {
  it("reads connections, calls in flight and payload", () => {
    expect(parseCases("16x1/64, 4x64/1MiB")).toEqual([
      { name: "16x1/64", connections: 16, inFlight: 1, payloadBytes: 64 },
      { name: "4x64/1048576", connections: 4, inFlight: 64, payloadBytes: 1_048_576 },
    ]);
  });

  it.each(["", "16x16", "16x0/64", "16x16/64,", "16x16/1GiB", "16 x 16/64"])(
    "refuses %j, and says how to write it",
    (text) => {
      expect(() => parseCases(text)).toThrow(/write CONNECTIONSxIN_FLIGHT\/PAYLOAD/);
    },
  );

  it("takes back the names it gives", () => {
    const cases = allCases();
    expect(parseCases(cases.map(({ name }) => name).join())).toEqual(cases);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(16);
  });
});
