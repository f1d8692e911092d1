import { proxy_get_shared_data, proxy_set_shared_data } from "@solo-io/proxy-runtime/assembly/imports";
import { asciiOf } from "../memory/ascii";
import { Region, useRegion } from "./arena";

/**
 * Values that all VMs of this process share, by key. Each has a number that changes when it is written: who writes with the number
 * that was read writes only if nobody else has written since.
 */
const addressCell: usize = memory.data(8);
const lengthCell: usize = memory.data(8);
const casCell: usize = memory.data(8);

/** Of the value that was read last. */
export let sharedBytes: u32 = 0;
export let sharedCas: u32 = 0;

/** Reads a value into the main region, or another one; 0 if there is none, or an empty one. */
export function readShared(key: usize, keyBytes: u32, region: Region = Region.MAIN): usize {
  useRegion(region);
  store<u32>(lengthCell, 0);
  store<u32>(casCell, 0);
  const found = proxy_get_shared_data(key, keyBytes, addressCell, lengthCell, casCell) == 0;
  sharedBytes = found ? load<u32>(lengthCell) : 0;
  sharedCas = found ? load<u32>(casCell) : 0;
  return sharedBytes ? load<usize>(addressCell) : 0;
}

/** False: somebody else has written it since it had the number `cas`. With 0 it is written in any case. */
export function writeShared(key: usize, keyBytes: u32, value: usize, bytes: u32, cas: u32): bool {
  return proxy_set_shared_data(key, keyBytes, value, bytes, cas) == 0;
}

const vms: usize = asciiOf("vms");
const VMS_BYTES: u32 = 3;
const next: usize = memory.data(4);
let ownNumber: u32 = 0;

/** VMs that this process has had so far, this one included. */
export function vmCount(): u32 {
  const value = readShared(vms, VMS_BYTES);
  return value && sharedBytes == 4 ? load<u32>(value) : 0;
}

/** A number that no other VM of this process has, from 1 on. */
export function vmNumber(): u32 {
  for (let tries = 0; !ownNumber && tries < 1000; tries++) {
    store<u32>(next, vmCount() + 1);
    if (writeShared(vms, VMS_BYTES, next, 4, sharedCas)) ownNumber = load<u32>(next);
  }
  return ownNumber;
}
