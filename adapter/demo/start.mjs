// `npm start`: from a fresh clone to real Dubbo calls. Node's own modules only until the dependencies are there.
import { ensureBuilt, ensureInstalled } from "./prepare.mjs";

try {
  await ensureInstalled();
  await ensureBuilt();
} catch (error) {
  console.error(`✗ ${error.message}`);
  process.exit(1);
}
await import("../../dist/adapter/demo/main.js");
