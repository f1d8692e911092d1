import { setTimeout as sleep } from "node:timers/promises";
import { ReviewClient } from "./client.js";

const USERS = ["anna", "jason"];

/** This long after the answers it calls again. */
const PAUSE_MS = 200;

/**
 * `node dist/adapter/demo/consumer.js ADDRESS`: calls as two users until it is ended, on one connection, and tells when somebody else
 * answers.
 */
async function main(address: string): Promise<never> {
  const client = new ReviewClient(address);
  let told = "";
  for (;;) {
    const answers = await Promise.all(USERS.map((user) => client.getReviews("book-1", { user })));
    const line = USERS.map((user, i) => `${user}: ${answers[i]}`).join(", ");
    if (line !== told) console.log(line);
    told = line;
    await sleep(PAUSE_MS);
  }
}

process.once("SIGTERM", () => process.exit());
const address = process.argv[2];
if (address === undefined) {
  console.error("usage: node dist/adapter/demo/consumer.js ADDRESS:PORT");
  process.exit(2);
}
await main(address);
