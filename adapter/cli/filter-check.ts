import { checkFilterConfig } from "../evaluate/check-filter-config.js";
import { loadFilter } from "../evaluate/filter-vm.js";
import type { CheckFilterConfig } from "../translate/filter-refusal.js";
import { readWasm } from "./wasm-option.js";

/** Has the filter of this installation judge tables before Envoy gets them. */
export async function filterCheck(): Promise<CheckFilterConfig> {
  const wasm = loadFilter(await readWasm());
  return (protocol, config) => checkFilterConfig(wasm, protocol, config);
}
