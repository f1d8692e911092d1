import type { FilterConfig } from "../filter-config/filter-config.js";
import { DECLARED } from "../model/protocols.js";
import { FilterVm } from "./filter-vm.js";
import type { WasmModule } from "./web-assembly.js";

/**
 * Lets the filter itself judge a configuration. Undefined where it takes it, else what it logs in Envoy: the field's path and
 * the reason ("virtual_hosts[3].routes[0].match.attributes[0].regex_match: missing closing ): (b").
 */
export function checkFilterConfig(wasm: WasmModule, protocol: string, config: FilterConfig): string | undefined {
  return new FilterVm(wasm, config.program === undefined ? protocol : DECLARED).configure(JSON.stringify(config));
}
