import { join } from "node:path";
import { ROOT } from "./meltemi.js";

/** As it is built: it starts a program that lies beside it. */
export const { startProvider } = (await import(
  join(ROOT, "dist/adapter/demo/provider.js")
)) as typeof import("../../../adapter/demo/provider.js");
