import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { filterModule } from "../emulator/envoy.js";
import { protocolFolders } from "../filter/codec/literate.js";
import { buildFilter, type Patch, TELL_KEPT_BYTES } from "../support/filter-build.js";
import { Campaign } from "./campaign.js";
import { runCase } from "./case.js";
import { readScript } from "./script.js";
import { SpokenCampaign } from "./spoken.js";
import { loadSeeds } from "./spoken-seeds.js";
import { World } from "./world.js";

const CASES = 1_500;
/** Of each protocol. */
const SPOKEN_CASES = 1_000;
const SEED = 20_261_127;

/** A tunnel's bytes go out though another tunnel's message is under way: a defect that only two tunnels and a cut show. */
const INTERLEAVED: Patch[] = [
  ["filter/proxy/response.ts", "(!connection.delivering || connection.delivering == tunnel) &&", ""],
];

describe("hostile clients, upstreams and frames", () => {
  it(`do no harm to the filter as it is built, in ${CASES} cases`, { timeout: 120_000 }, () => {
    expect(new Campaign(filterModule(), SEED).run(0, CASES)).toBeUndefined();
  });
});

describe.each(protocolFolders())("hostile peers that speak %s", (protocol) => {
  it(`do no harm to the filter as it is built, in ${SPOKEN_CASES} cases`, { timeout: 120_000 }, async () => {
    const seeds = await loadSeeds(protocol);
    expect(seeds.requests.length).toBeGreaterThan(3);
    expect(seeds.responses.length).toBeGreaterThan(1);
    new SpokenCampaign(filterModule(), seeds, SEED).run(0, SPOKEN_CASES);
  });

  it(`do none where routes have policies, in ${SPOKEN_CASES} cases`, { timeout: 120_000 }, async () => {
    new SpokenCampaign(filterModule(), await loadSeeds(protocol), SEED, true).run(0, SPOKEN_CASES);
  });
});

describe("the fuzzer", () => {
  let telling: WebAssembly.Module;
  let broken: WebAssembly.Module;

  beforeAll(async () => {
    telling = await compiled(TELL_KEPT_BYTES);
    broken = await compiled(INTERLEAVED);
  }, 240_000);

  it("finds nothing kept of connections that are gone", { timeout: 120_000 }, () => {
    expect(new World(telling).keptBytes).toBe(0);
    expect(new Campaign(telling, SEED + 1).run(0, CASES)).toBeUndefined();
  });

  it("finds a defect, and makes the case that shows it small", { timeout: 120_000 }, () => {
    const failure = new Campaign(broken, SEED).run(0, CASES * 10);
    expect(failure?.shrunk).toBeDefined();
    const script = readScript(failure?.shrunk ?? "");
    expect(script.actions.length).toBeLessThanOrEqual(6);
    expect(() => runCase(new World(broken), script, true)).toThrow();
    expect(() => runCase(new World(filterModule()), script, true)).not.toThrow();
  });
});

async function compiled(patches: readonly Patch[]): Promise<WebAssembly.Module> {
  return new WebAssembly.Module(readFileSync(await buildFilter(patches)));
}
