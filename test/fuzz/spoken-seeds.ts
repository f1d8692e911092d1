import { join } from "node:path";
import { Codec, SCAN_WINDOW_BYTES } from "../filter/codec/codec.js";
import { readCases } from "../filter/codec/literate.js";

/** Messages of a protocol that the literate cases of its codec show. */
export interface Seeds {
  protocol: string;
  /** Whole and good: what a client says, and answers. */
  requests: Buffer[];
  responses: Buffer[];
  /** Anything that a case shows, good and bad. */
  any: Buffer[];
  /** Attributes that the cases ask for. */
  attributes: string[];
}

const MAX_SEED_BYTES = 3000;
const CODECS = join(import.meta.dirname, "../filter/codec");

export async function loadSeeds(protocol: string): Promise<Seeds> {
  const codec = await Codec.load(protocol);
  const seeds: Seeds = { protocol, requests: [], responses: [], any: [], attributes: [] };
  for (const { bytes, direction, wanted, maxMessageBytes } of readCases(join(CODECS, protocol))) {
    for (const name of wanted) if (!seeds.attributes.includes(name)) seeds.attributes.push(name);
    if (bytes.length === 0 || bytes.length > MAX_SEED_BYTES) continue;
    seeds.any.push(bytes);
    codec.demand([]);
    const decoded = codec.decode(bytes, {
      direction,
      maxMessageBytes,
      shown: bytes.length,
      window: SCAN_WINDOW_BYTES,
    });
    if (decoded.step !== "DONE" || decoded.total !== bytes.length) continue;
    // What such a call makes of those behind it depends on when its answer comes; mutants of it are said all the same.
    if (decoded.act !== "NONE") continue;
    if (direction === "request") seeds.requests.push(bytes);
    // What else an upstream may say is for the filter, which answers it.
    else if (decoded.kind === "ANSWER") seeds.responses.push(bytes);
  }
  return seeds;
}
