import { addToMetric, defineMetric, MetricType } from "../host/metric";
import { readShared, sharedBytes, sharedCas, vmCount, vmNumber, writeShared } from "../host/shared-data";
import { asciiOf } from "../memory/ascii";
import { LEDGER_STALE_MS, MAX_LEDGER_BYTES, VMS_LOOKED_AT_PER_TICK } from "../memory/limits";

/**
 * What this VM has told in gauges, where other VMs can read it. A VM that has crashed cannot take back what it told; so each looks
 * now and then whether another has stopped writing, and then takes back that one's part. Should that one have been slow and not
 * gone, it finds its ledger taken and tells all of its part anew.
 *
 *     [ written at, microseconds u64 ] and for each gauge [ value u64 | bytes of the name u32 | name ]
 *
 * An empty value: taken, or never written.
 */
const HEAD_BYTES: u32 = 8;
const KEY_BYTES: u32 = 18;
const ownKey: usize = asciiOf("meltemi.told.\0\0\0\0\0");
const otherKey: usize = asciiOf("meltemi.told.\0\0\0\0\0");
const NUMBER_AT: usize = 14;

const ledger: usize = memory.data(65536); // MAX_LEDGER_BYTES
let end: usize = 0;
let ownCas: u32 = 0;
let written: bool = false;
/** The VM that was looked at last. */
let lookedAt: u32 = 0;

/** Begins a new page. False: what was told until now has been taken back by another VM. */
export function openLedger(): bool {
  store<u32>(ownKey + NUMBER_AT, vmNumber());
  const found = readShared(ownKey, KEY_BYTES);
  ownCas = sharedCas;
  end = ledger + HEAD_BYTES;
  return found != 0 || !written;
}

/** A gauge of which this VM has now told `value` in all. */
export function noteTold(name: usize, bytes: u32, value: u64): void {
  if (!value || end + 12 + bytes > ledger + MAX_LEDGER_BYTES) return;
  store<u64>(end, value);
  store<u32>(end, bytes, 8);
  memory.copy(end + 12, name, bytes);
  end += 12 + bytes;
}

/** False as `openLedger`: it happened just now. */
export function closeLedger(time_us: u64): bool {
  store<u64>(ledger, time_us);
  const bytes = end == ledger + HEAD_BYTES ? 0 : <u32>(end - ledger);
  written = bytes != 0;
  return writeShared(ownKey, KEY_BYTES, ledger, bytes, ownCas);
}

/** Takes back what VMs have told that do not live any more. */
export function takeBackDead(time_us: u64): void {
  const count = vmCount();
  for (let i: u32 = 0; i < VMS_LOOKED_AT_PER_TICK && i < count; i++) {
    lookedAt = lookedAt >= count ? 1 : lookedAt + 1;
    if (lookedAt != vmNumber()) lookAt(lookedAt, time_us);
  }
}

function lookAt(vm: u32, time_us: u64): void {
  store<u32>(otherKey + NUMBER_AT, vm);
  const found = readShared(otherKey, KEY_BYTES);
  if (!found || sharedBytes < HEAD_BYTES) return;
  const written_us = load<u64>(found);
  if (time_us < written_us + <u64>LEDGER_STALE_MS * 1000) return;
  const foundEnd = found + sharedBytes;
  // Only one VM takes it.
  if (!writeShared(otherKey, KEY_BYTES, found, 0, sharedCas)) return;
  let entry = found + HEAD_BYTES;
  while (entry + 12 <= foundEnd) {
    const bytes = load<u32>(entry, 8);
    addToMetric(defineMetric(MetricType.GAUGE, entry + 12, bytes), 0 - load<u64>(entry));
    entry += 12 + bytes;
  }
}
