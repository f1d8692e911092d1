import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { DEFAULT_ENVOY_VERSION } from "../../adapter/envoy/fetch-envoy.js";
import { meltemi } from "../cli/support/meltemi.js";
import { baseImages } from "./support/base-images.js";

interface Service {
  readonly image: string;
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: object;
}

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const { services } = parse(readFileSync("envoy-config/docker-compose.yaml", "utf8"), { merge: true }) as {
  services: Readonly<Record<string, Service>>;
};

describe("envoy-config/docker-compose.yaml", () => {
  it("names images by the versions that are here", () => {
    const versions = Object.values(services).map(({ image }) => image.split(":"));
    const expected = versions.map(([name]) => [name, name?.endsWith("/envoy") ? DEFAULT_ENVOY_VERSION : version]);
    expect(versions).toEqual(expected);
  });

  it("publishes on the loopback address alone", () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it("knows whether each of its services is healthy", () => {
    const running = Object.values(services).filter((service) => service.profiles === undefined);
    expect(running).toHaveLength(5);
    for (const service of running) expect(service.healthcheck).toBeDefined();
  });
});

describe("envoy-config/docker", () => {
  it("has the bootstrap that meltemi prints", async () => {
    // Of a container neither addresses nor descriptors are known here.
    const anywhere = ["--no-address", "--max-connections", "none"];
    const { stdout } = await meltemi("bootstrap", "--node", "envoy", "--xds", "adapter:18000", ...anywhere);
    expect(readFileSync("envoy-config/docker/bootstrap.json", "utf8")).toBe(stdout);
  });

  it("has resources without a problem", async () => {
    const { status, stdout } = await meltemi("check", "envoy-config/docker/config");
    expect(stdout).toBe("0 errors, 0 warnings\n");
    expect(status).toBe(0);
  });

  it("builds on images that are pinned to a release", async () => {
    const images = [...(await baseImages()).values()];
    expect(images).toHaveLength(4);
    for (const image of images) expect(image).toMatch(/:\d+\.\d+/);
  });

  it("runs the Envoy that meltemi itself runs", () => {
    const text = readFileSync("envoy-config/docker/envoy.Dockerfile", "utf8");
    expect(text).toContain(`\nARG ENVOY_VERSION=${DEFAULT_ENVOY_VERSION}\n`);
  });
});
