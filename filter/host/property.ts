import { proxy_get_property, proxy_set_property } from "@solo-io/proxy-runtime/assembly/imports";
import { Region, useRegion } from "./arena";

const addressCell: usize = memory.data(8);
const lengthCell: usize = memory.data(8);

/** Length of the property that was read last. */
export let propertyBytes: u32 = 0;

/** Reads a property (path parts joined by NUL) into the main region, or another one; 0 if there is none. */
export function property(path: usize, bytes: u32, region: Region = Region.MAIN): usize {
  useRegion(region);
  store<u32>(lengthCell, 0);
  if (proxy_get_property(path, bytes, addressCell, lengthCell) != 0) {
    propertyBytes = 0;
    return 0;
  }
  propertyBytes = load<u32>(lengthCell);
  return load<usize>(addressCell);
}

/** Sets filter state of the connection in effect: access logs have it as `%FILTER_STATE(wasm.PATH:PLAIN)%`. */
export function setProperty(path: usize, bytes: u32, value: usize, valueBytes: u32): void {
  proxy_set_property(path, bytes, value, valueBytes);
}
