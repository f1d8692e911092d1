import { isCompared, makeCase, runCase } from "./case.js";
import { printScript, type Script } from "./script.js";
import { shrink } from "./shrink.js";
import { World } from "./world.js";

/** Cases that one VM runs before it is made anew: long enough for what leaks to be seen. */
const CASES_PER_VM = 20_000;
/** After so many, all that grows with the names and statuses of what was seen has grown. */
const WARM_UP_CASES = 5_000;
/** What it may grow beyond that: the largest read and write so far, in rounds of 64 KiB, and a message that is collected. */
const MAX_GROWTH_BYTES = 4 << 20;
const MAX_WASM_BYTES = 48 << 20;

export interface Failure {
  index: number;
  message: string;
  /** What is left of the script when it is as small as it gets; undefined if the case fails only behind those before it. */
  shrunk: string | undefined;
  /** The first case of the VM that failed. */
  since: number;
}

/** Runs the cases [from, to) of a seed, one after the other in one VM after the other, up to the first that fails. */
export class Campaign {
  private world: World | undefined;
  private since = 0;
  private warm_bytes = 0;

  constructor(
    private readonly module: WebAssembly.Module,
    private readonly seed: number,
  ) {}

  /** Undefined: all is well. `report` is told the case that begins. */
  run(from: number, to: number, report: (index: number) => void = () => {}): Failure | undefined {
    for (let index = from; index < to; index++) {
      report(index);
      const failure = this.runOne(index);
      if (failure) return failure;
    }
    return undefined;
  }

  private runOne(index: number): Failure | undefined {
    const world = this.worldFor(index);
    const script = makeCase(this.seed, index);
    try {
      runCase(world, script, isCompared(index));
      this.checkMemory(world, index);
      return undefined;
    } catch (error) {
      this.world = undefined;
      const { message } = error as Error;
      return { index, message, shrunk: this.shrunk(script, index, message), since: this.since };
    }
  }

  private worldFor(index: number): World {
    if (!this.world || index - this.since >= CASES_PER_VM) {
      this.world = new World(this.module);
      this.since = index;
    }
    return this.world;
  }

  private checkMemory(world: World, index: number): void {
    const { wasmBytes } = world;
    if (index - this.since <= WARM_UP_CASES) this.warm_bytes = wasmBytes;
    else if (wasmBytes > this.warm_bytes + MAX_GROWTH_BYTES || wasmBytes > MAX_WASM_BYTES)
      throw new Error(`the VM's memory has grown from ${this.warm_bytes} to ${wasmBytes} bytes`);
    if ((index - this.since) % 1000 === 0) world.envoy.metrics.clearSamples();
  }

  private shrunk(script: Script, index: number, message: string): string | undefined {
    const kind = kindOf(message);
    let world = new World(this.module);
    const fails = (candidate: Script): boolean => {
      try {
        runCase(world, candidate, isCompared(index));
        return false;
      } catch (error) {
        world = new World(this.module);
        return kindOf((error as Error).message) === kind;
      }
    };
    return fails(script) ? printScript(shrink(script, fails)) : undefined;
  }
}

/** Two failures are of one kind if their messages differ in numbers and bytes alone. */
function kindOf(message: string): string {
  return message.replaceAll(/[0-9a-f]{8,}|\d+/g, "#");
}
