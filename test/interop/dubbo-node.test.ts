// Apache's Dubbo library for Node through Meltemi to Apache Dubbo Java.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NodeConsumer } from "./support/node-consumer.js";
import { javaProvider } from "./support/programs.js";
import { ENVOY_1_40, World } from "./support/world.js";

const MEBIBYTE = 1 << 20;

describe("apache-dubbo-js through Meltemi to Dubbo Java, Envoy 1.40", () => {
  let world: World;
  let consumer: NodeConsumer;

  beforeAll(async () => {
    world = await World.behindMeltemi(javaProvider(), ENVOY_1_40);
    consumer = new NodeConsumer(world.target.address);
  });
  afterAll(() => world?.stop());

  test.each([
    ["jason", "v2"],
    ["other", "v1"],
  ])("calls of %s reach %s", async (user, version) => {
    expect(await consumer.as(user, (greeter) => greeter.whoAmI()), world.log()).toBe(`${version} blue 1.0.0`);
    expect(await consumer.as(user, (greeter) => greeter.attachments())).toMatchObject({ user });
  });

  test("an exception is an exception", async () => {
    await expect(consumer.as("jason", (greeter) => greeter.fail("checked"))).rejects.toThrow("checked: é 书");
  });

  test("1 MiB of text comes back", async () => {
    const text = "x".repeat(MEBIBYTE);
    expect((await consumer.as("jason", (greeter) => greeter.echo(text))) === text).toBe(true);
  });

  test("200 calls at once, in turns", async () => {
    const users = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? "jason" : "other"));
    const answers = await Promise.all(
      users.map((user, i) => consumer.as(user, (greeter) => greeter.greet(`${user} ${i}`))),
    );
    const expected = users.map((user, i) => `${user === "jason" ? "v2" : "v1"} blue 1.0.0 greets ${user} ${i}`);
    expect(answers).toEqual(expected);
  });
});
