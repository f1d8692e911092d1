// What the commands `bench`, `load`, `soak`, `fuzz` and `tools` begin with, so that they run on a fresh clone too.
import { ensureBuilt, ensureInstalled } from "../adapter/demo/prepare.mjs";

await ensureInstalled();
await ensureBuilt();
