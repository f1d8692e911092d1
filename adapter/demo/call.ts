import { type Attachments, ReviewClient } from "./client.js";

/** `node dist/adapter/demo/call.js ADDRESS [NAME=VALUE …]`: one call of the demo's service with these attachments. */
async function main(address: string | undefined, pairs: readonly string[]): Promise<number> {
  if (address === undefined || pairs.some((pair) => !pair.includes("="))) {
    console.error("usage: node dist/adapter/demo/call.js ADDRESS:PORT [ATTACHMENT=VALUE …]");
    return 2;
  }
  const attachments: Attachments = Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]),
  );
  const answer = await new ReviewClient(address).getReviews("book-1", attachments);
  console.log(answer);
  return answer.includes("answered by") ? 0 : 1;
}

// The library keeps its connection open for ever.
process.exit(await main(process.argv[2], process.argv.slice(3)));
