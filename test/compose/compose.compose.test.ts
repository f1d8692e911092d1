import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runToEnd } from "../cli/support/meltemi.js";
import { type Checkout, checkOut } from "./support/checkout.js";
import { Page } from "./support/page.js";

/** Images are built, on two processors, with what the network lends. */
const BUILD_TIMEOUT_MS = 540_000;
/** A change is seen within a second; machines that are busy take longer. */
const CHANGE = { timeout: 20_000, interval: 200 };

const BEFORE = "anna: getReviews(book-1) answered by v1, jason: getReviews(book-1) answered by v2";
const AFTER = "anna: getReviews(book-1) answered by v2, jason: getReviews(book-1) answered by v1";

let checkout: Checkout;
let page: Page;

beforeAll(async () => {
  checkout = await checkOut();
  page = new Page("docs/docker-compose.md", checkout.directory, {
    ...process.env,
    // The second file says how images are built on this machine, and nothing of what runs.
    COMPOSE_FILE: `docker-compose.yaml:${process.env.MELTEMI_TEST_BUILD_SETTINGS}`,
    COMPOSE_PROJECT_NAME: `meltemi-test-${process.pid}`,
    MELTEMI_PORT: "0",
  });
  await page.run("cd envoy-config");
  await page.run("docker compose up --build --wait");
}, BUILD_TIMEOUT_MS);

afterAll(async () => {
  await page.shell("docker compose down --timeout 5");
  await checkout.remove();
}, 60_000);

/** What the consumer sees at the moment. */
async function told(): Promise<string | undefined> {
  const log = await page.shell("docker compose logs --no-log-prefix consumer");
  return log.trimEnd().split("\n").at(-1);
}

describe("docs/docker-compose.md, command by command", () => {
  it("shows where calls go", async () => {
    const table = await page.run("docker compose exec consumer node calls.js");
    expect(table).toMatch(/getReviews\(book-1\) +– +v1 +v1 +✓/);
    expect(table).toMatch(/getReviews\(book-2\) +user: jason +v2 +v2 +✓/);
    expect(table).toContain("6 of 6 calls were answered as expected.");
    expect(await page.run("docker compose exec consumer node call.js")).toBe("getReviews(book-1) answered by v2\n");
  });

  it("serves clients on this machine, on the loopback address", async () => {
    const address = (await page.run("docker compose port envoy")).trim();
    expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
    const { stdout } = await runToEnd(process.execPath, ["dist/adapter/demo/call.js", address, "user=jason"]);
    expect(stdout).toBe("getReviews(book-1) answered by v2\n");
  });

  it("takes a changed rule for the connection that is open", async () => {
    await expect.poll(told, CHANGE).toBe(BEFORE);
    await page.run("sed -i");
    await expect.poll(told, CHANGE).toBe(AFTER);
    expect((await page.run("docker compose logs --no-log-prefix consumer")).trimEnd().split("\n")).toEqual([
      BEFORE,
      AFTER,
    ]);
    expect(await page.run("docker compose exec adapter meltemi check")).toContain("0 errors, 0 warnings");
    await page.run("docker compose logs adapter");
  });

  it("shows what is inside", async () => {
    const status = await page.run("docker compose exec adapter meltemi status");
    expect(status).toMatch(/^envoy +- .* 1\.40\.0 .*CDS ok, ECDS ok, LDS ok, RDS ok$/m);
    expect(await page.run("docker compose exec adapter meltemi explain")).toContain("default");
    const counted = await page.run("docker compose exec envoy curl");
    expect(counted).toMatch(
      /service="demo\.ReviewService[^"]*",method="getReviews",cluster="[^"]*\|v2\|[^"]*",status="20"/,
    );
  });

  it("goes on without the adapter, and takes what was changed meanwhile", async () => {
    await page.run("docker compose stop adapter");
    await page.shell("sed -i 's/exact: anna/exact: jason/' docker/config/routes.yaml");
    expect(await page.run("docker compose exec consumer node call.js")).toBe("getReviews(book-1) answered by v1\n");
    expect(await told()).toBe(AFTER);
    await page.run("docker compose start adapter");
    await expect.poll(told, CHANGE).toBe(BEFORE);
  });

  it("goes on with another Envoy when it is started anew", async () => {
    await page.shell("docker compose restart envoy && docker compose up --no-build --wait");
    expect(await page.shell("docker compose exec consumer node calls.js envoy:20880")).toContain("6 of 6 calls");
  });

  it("ends in order", async () => {
    await page.shell("docker compose stop");
    const stopped = await page.shell("docker compose ps --all --format '{{.Service}} {{.ExitCode}}'");
    const services = ["adapter", "consumer", "envoy", "provider-v1", "provider-v2"];
    expect(stopped.trim().split("\n").sort()).toEqual(services.map((service) => `${service} 0`));
    await page.run("docker compose down");
  });
});

describe("the images", () => {
  it("run as nobody", async () => {
    const images = await page.shell("docker compose config --images");
    for (const image of new Set(images.trim().split("\n"))) {
      expect(await page.shell(`docker image inspect --format '{{.Config.User}}' ${image}`)).toBe("65532:65532\n");
    }
  });

  it("hold what production needs", async () => {
    const list = "docker compose run --rm --no-deps --entrypoint ls adapter -A /meltemi /meltemi/node_modules";
    const inside = await page.shell(list);
    expect(inside).toContain("protobufjs");
    expect(inside).not.toMatch(/typescript|assemblyscript|apache-dubbo-js|npmrc/);
  });

  it(
    "hold the filter as Istio's WasmPlugin takes it: one layer with one file",
    async () => {
      await page.run("docker compose build wasm");
      const folder = join(checkout.directory, "image");
      await mkdir(folder);
      const { version } = JSON.parse(await readFile("package.json", "utf8")) as { version: string };
      await page.shell(`docker save ghcr.io/meltemi/wasm:${version} | tar --extract --directory ${folder}`);
      const [image] = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as [{ Layers: string[] }];
      expect(image.Layers).toHaveLength(1);
      const layer = join(folder, image.Layers[0] as string);
      expect(await page.shell(`tar --list --file ${layer}`)).toBe("plugin.wasm\n");
      const sum = await page.shell(`tar --extract --to-stdout --file ${layer} plugin.wasm | sha256sum`);
      const ofAdapter =
        "docker compose run --rm --no-deps --entrypoint cat adapter /meltemi/dist/meltemi.wasm | sha256sum";
      expect(sum).toBe(await page.shell(ofAdapter));
    },
    BUILD_TIMEOUT_MS,
  );

  it("are all that the page has to tell", () => expect(page.left).toEqual([]));
});
