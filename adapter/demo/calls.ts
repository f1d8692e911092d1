import { ReviewClient } from "./client.js";
import { prove } from "./proof.js";

/** `node dist/adapter/demo/calls.js ADDRESS`: the demo's calls, all on one connection, and who answered. */
async function main(address: string | undefined): Promise<number> {
  if (address === undefined) {
    console.error("usage: node dist/adapter/demo/calls.js ADDRESS:PORT");
    return 2;
  }
  const { table, calls, wrong } = await prove(new ReviewClient(address));
  console.log(`${table}\n\n${calls - wrong} of ${calls} calls were answered as expected.`);
  return wrong === 0 ? 0 : 1;
}

// The library keeps its connection open for ever.
process.exit(await main(process.argv[2]));
