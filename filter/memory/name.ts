import { copyBytes, equalBytes, hashBytes } from "./bytes";

/**
 * Names that outlive a table (clusters, services, methods), kept once per VM and counted: two equal names are one address,
 * so comparing them is comparing addresses.
 *
 *     [ references u32 | hash u32 | length u32 | next in bucket u32 | bytes … ]
 */
@unmanaged
export class Name {
  references: u32;
  hash: u32;
  length: u32;
  next: Name | null;
}

const HEAD_BYTES: usize = offsetof<Name>();
let buckets: usize = 0;
let bucketMask: u32 = 0;
let count: u32 = 0;

export function nameBytes(name: Name): usize {
  return changetype<usize>(name) + HEAD_BYTES;
}

/** The name of these bytes, with one reference more. Give it back with `release`. */
export function intern(address: usize, length: u32): Name {
  const hash = hashBytes(address, length);
  if (count >= bucketMask) grow();
  const bucket = buckets + ((<usize>(hash & bucketMask)) << 2);
  let name = changetype<Name | null>(<usize>load<u32>(bucket));
  while (name) {
    if (name.hash == hash && name.length == length && equalBytes(nameBytes(name), address, length)) {
      name.references++;
      return name;
    }
    name = name.next;
  }
  const fresh = changetype<Name>(heap.alloc(HEAD_BYTES + length));
  fresh.references = 1;
  fresh.hash = hash;
  fresh.length = length;
  fresh.next = changetype<Name | null>(<usize>load<u32>(bucket));
  copyBytes(nameBytes(fresh), address, length);
  store<u32>(bucket, <u32>changetype<usize>(fresh));
  count++;
  return fresh;
}

export function retain(name: Name): Name {
  name.references++;
  return name;
}

/** Gives a reference back; the last one frees the name. */
export function release(name: Name): void {
  if (--name.references > 0) return;
  let link = buckets + ((<usize>(name.hash & bucketMask)) << 2);
  while (load<u32>(link) != <u32>changetype<usize>(name)) {
    link = <usize>load<u32>(link) + offsetof<Name>("next");
  }
  store<u32>(link, <u32>changetype<usize>(name.next));
  heap.free(changetype<usize>(name));
  count--;
}

function grow(): void {
  const oldBuckets = buckets;
  const oldSize = oldBuckets ? bucketMask + 1 : 0;
  const size: u32 = oldSize ? oldSize << 1 : 256;
  buckets = heap.alloc((<usize>size) << 2);
  memory.fill(buckets, 0, (<usize>size) << 2);
  bucketMask = size - 1;
  for (let i: u32 = 0; i < oldSize; i++) {
    let name = changetype<Name | null>(<usize>load<u32>(oldBuckets + ((<usize>i) << 2)));
    while (name) {
      const next = name.next;
      const bucket = buckets + ((<usize>(name.hash & bucketMask)) << 2);
      name.next = changetype<Name | null>(<usize>load<u32>(bucket));
      store<u32>(bucket, <u32>changetype<usize>(name));
      name = next;
    }
  }
  if (oldBuckets) heap.free(oldBuckets);
}
