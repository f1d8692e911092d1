import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Check, reportOf, type Steps } from "./consumer-report.js";
import { Mesh, type MeshConfig } from "./mesh.js";
import type { Program } from "./program.js";
import type { Provider, StartProvider, Target } from "./programs.js";

/** The Envoys that the tests run on; `test/cli/envoy-versions.ts` puts their paths into these variables. */
export const ENVOY_1_40 = "MELTEMI_TEST_ENVOY_1_40";
export const ENVOY_1_36 = "MELTEMI_TEST_ENVOY_1_36";

/** What runs while a consumer calls: providers, and Meltemi before them or not. */
export class World {
  private constructor(
    readonly providers: Map<string, Provider>,
    readonly mesh: Mesh | undefined,
    private readonly start: StartProvider,
  ) {}

  /** v1 alone. */
  static async direct(start: StartProvider): Promise<World> {
    return new World(new Map([["v1", await start("v1")]]), undefined, start);
  }

  /** v1 and v2 behind Meltemi, in the Envoy that the variable names. */
  static async behindMeltemi(start: StartProvider, envoyVariable: string, config?: MeshConfig): Promise<World> {
    const [v1, v2] = await Promise.all([start("v1"), start("v2")]);
    const mesh = await Mesh.start(process.env[envoyVariable] as string, { v1: v1.port, v2: v2.port }, config);
    const providers = new Map([
      ["v1", v1],
      ["v2", v2],
    ]);
    return new World(providers, mesh, start);
  }

  get target(): Target {
    const v1 = this.providers.get("v1") as Provider;
    return { address: this.mesh?.address ?? `127.0.0.1:${v1.port}`, mesh: this.mesh !== undefined };
  }

  async endProvider(version: string, signal: NodeJS.Signals): Promise<void> {
    await this.providers.get(version)?.program.stop(signal);
  }

  /** Starts it again, on the port that it had. */
  async restartProvider(version: string): Promise<void> {
    this.providers.set(version, await this.start(version, this.providers.get(version)?.port));
  }

  /** What everybody has said, for a test that fails. */
  log(): string {
    const programs = [...this.providers.values()].map(({ program }) => program);
    return [...programs, ...(this.mesh === undefined ? [] : [this.mesh.program])].map((one) => one.log()).join("\n");
  }

  async stop(): Promise<void> {
    await this.mesh?.stop();
    await Promise.all([...this.providers.values()].map(({ program }) => program.stop("SIGKILL")));
  }
}

interface Suite {
  readonly world: () => Promise<World>;
  readonly consumer: (target: Target) => Program;
  /** The checks that the consumer must report, no more and no fewer. */
  readonly names: readonly string[];
  readonly steps?: (world: World) => Steps;
  /** What can be seen of the world when the consumer has ended. */
  readonly afterwards?: Readonly<Record<string, (world: World) => Promise<void>>>;
  /** Checks of what a server has got, which is more than the consumer knows of: they fail, and say `surprise`. */
  readonly surprised?: readonly string[];
  readonly surprise?: string;
}

/** Runs a consumer once; each of its checks is a test. */
export function describeConsumer(
  title: string,
  { world: start, consumer, names, steps, surprised = [], surprise = "", afterwards = {} }: Suite,
): void {
  describe(title, () => {
    let world: World | undefined;
    let report: ReadonlyMap<string, Check>;

    beforeAll(async () => {
      world = await start();
      const program = consumer(world.target);
      try {
        report = await reportOf(program, steps?.(world));
      } catch (error) {
        throw new Error(`${(error as Error).message}\n${world.log()}`, { cause: error });
      }
      if ([...report.values()].some(({ ok }) => !ok)) console.error(`${program.log()}\n${world.log()}`);
    });
    afterAll(() => world?.stop());

    test.each(names)("%s", (name) => {
      const check = report.get(name);
      if (surprised.includes(name)) {
        expect(check?.detail).toContain(surprise);
        return;
      }
      expect(check?.ok, check?.detail ?? "not reported").toBe(true);
    });
    test("reports these checks and no others", () => {
      expect([...report.keys()].sort()).toEqual([...names].sort());
    });
    for (const [name, look] of Object.entries(afterwards)) test(name, () => look(world as World));
  });
}
