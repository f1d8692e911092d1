import { CODECS } from "../model/protocols.js";
import type { ResolvedVirtualService } from "./resolve-virtual-service.js";

/** Those that the VirtualServices of a listener are for, in their order; all, where one does not say, or there is none. */
export function detectedProtocols(virtualServices: readonly ResolvedVirtualService[]): readonly string[] {
  if (virtualServices.length === 0) return CODECS;
  return [...new Set(virtualServices.flatMap(({ protocols }) => protocols ?? CODECS))];
}
