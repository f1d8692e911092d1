import { expect, it } from "vitest";
import type { Attachments, ReviewClient } from "./client.js";
import { prove } from "./proof.js";

function client(answer: (attachments: Attachments) => string): ReviewClient {
  return { getReviews: async (_: string, attachments: Attachments) => answer(attachments) } as unknown as ReviewClient;
}

it("finds every call answered by the right version", async () => {
  const routed = client(({ user }) => `getReviews(x) answered by ${user === "jason" ? "v2" : "v1"}`);
  const { table, calls, wrong } = await prove(routed);
  expect([calls, wrong]).toEqual([6, 0]);
  expect(table.split("\n")).toHaveLength(7);
  expect(table).not.toContain("✗");
});

it("counts answers of another version, and errors, as wrong", async () => {
  expect((await prove(client(() => "getReviews(x) answered by v1"))).wrong).toBe(3);
  const { table, wrong } = await prove(client(() => "remote invoke timeout"));
  expect(wrong).toBe(6);
  expect(table).toContain("v1        remote invoke timeout  ✗");
});
