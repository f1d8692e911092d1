import { defineConfig } from "vitest/config";

/** Tests that start a real Envoy: minutes, and a download the first time. */
const ENVOY = ["test/envoy/**/*.test.ts", "test/**/envoy.test.ts", "test/**/*.envoy.test.ts"];
const INTEROP = ["test/interop/**/*.test.ts"];
const MESH = ["test/mesh/**/*.test.ts"];
const NET = ["test/net/**/*.test.ts"];
const COMPOSE = ["test/**/*.compose.test.ts"];

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["adapter/**/*.test.ts", "bench/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [...ENVOY, ...INTEROP, ...MESH, ...NET, ...COMPOSE],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "envoy",
          include: ENVOY,
          globalSetup: "test/cli/envoy-versions.ts",
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "interop",
          include: INTEROP,
          globalSetup: ["test/cli/envoy-versions.ts", "test/interop/build.ts"],
          // Several JVMs start at once.
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: "mesh",
          include: MESH,
          globalSetup: ["test/cli/envoy-versions.ts", "test/mesh/build.ts"],
          testTimeout: 60_000,
          // An API server and an istiod start.
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "net",
          include: NET,
          globalSetup: ["test/cli/envoy-versions.ts", "test/net/build.ts"],
          // Several JVMs and Envoys start at once.
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: "compose",
          include: COMPOSE,
          globalSetup: "test/compose/setup.ts",
          testTimeout: 60_000,
        },
      },
    ],
  },
});
