// Before `npm run bench`, also on a fresh clone.
import { ensureBuilt, ensureInstalled } from "../adapter/demo/prepare.mjs";

await ensureInstalled();
await ensureBuilt();
