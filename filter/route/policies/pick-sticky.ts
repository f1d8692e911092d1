import { slotAddress, slotLength } from "../../codec/attributes";
import { hashBytes } from "../../memory/bytes";
import { Cluster, Route } from "../table";
import { Sticky } from "./sticky";

/**
 * Which of the route's destinations is that of the value in the attribute slots; -1 where the call has none. Each destination draws a time for
 * the value, from a hash of both, and the shortest wins: times with the exponential distribution are won in proportion to the weights
 * (weighted rendezvous hashing). So the choice is the same in every VM and every Envoy, whatever the order of destinations, and with other
 * weights values go only to those that weigh more than before, or from those that weigh less.
 */
export function pickSticky(route: Route, sticky: Sticky): i32 {
  const value = slotAddress(sticky.slot);
  if (!value) return -1;
  const hash = hashBytes(value, slotLength(sticky.slot));
  let winner = -1;
  let shortest: f64 = Infinity;
  let before: u32 = 0;
  for (let index: u32 = 0; index < route.clusterCount; index++) {
    const sum = load<u32>(route.clusters + ((<usize>index) << 3), 4);
    const weight = sum - before;
    before = sum;
    if (!weight) continue;
    const time = -Math.log(share(hash, destinationHash(route, index))) / <f64>weight;
    if (winner >= 0 && time >= shortest) continue;
    winner = <i32>index;
    shortest = time;
  }
  return winner;
}

/** By the cluster's name; of one that is there before (with another mutation) by another one for each time. */
function destinationHash(route: Route, index: u32): u32 {
  const cluster = load<u32>(route.clusters + ((<usize>index) << 3));
  let hash = changetype<Cluster>(<usize>cluster).nameHash;
  for (let other: u32 = 0; other < index; other++) {
    if (load<u32>(route.clusters + ((<usize>other) << 3)) == cluster) hash += 0x9e37_79b9;
  }
  return hash;
}

/** A number in (0, 1] that looks as if it were drawn: both arguments change all of its bits. */
function share(value: u32, destination: u32): f64 {
  let word = ((<u64>value) << 32) | destination;
  word ^= word >> 33;
  word *= 0xff51_afd7_ed55_8ccd;
  word ^= word >> 33;
  word *= 0xc4ce_b9fe_1a85_ec53;
  word ^= word >> 33;
  return <f64>((word >> 11) + 1) / <f64>((<u64>1) << 53);
}
