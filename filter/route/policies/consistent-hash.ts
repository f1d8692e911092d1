import { slotAddress, slotLength } from "../../codec/attributes";
import { hashBytes } from "../../memory/bytes";

/** A cluster whose calls reach a host by the value of an attribute. Values are told apart by their bucket alone. */
@unmanaged
export class ConsistentHash {
  slot: i32;
  buckets: u32;
  /** What is known of its buckets (proxy/policies/bucket-hosts.ts), and when that was looked up. */
  hosts: usize;
  hostsIn: u32;
}

/** The bucket of the call in the attribute slots, the same in every VM; one by chance, from 32 random bits, where it has no value. */
export function bucketOf(hash: ConsistentHash, random: u32): u32 {
  const value = slotAddress(hash.slot);
  const hashed = value ? hashBytes(value, slotLength(hash.slot)) : random;
  return <u32>((<u64>hashed * <u64>hash.buckets) >> 32);
}
