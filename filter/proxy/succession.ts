import { readTable } from "../config/config";
import { Region } from "../host/arena";
import { readShared, sharedBytes, writeShared } from "../host/shared-data";
import { writeAscii } from "../memory/ascii";
import { MAX_SHARED_NAME_BYTES, SUCCESSION_SETTLES_MS } from "../memory/limits";
import { intern, Name, nameBytes, release } from "../memory/name";
import { freeTable } from "../route/table";
import { since_ms, tick_ms } from "./age";
import { countConfigUpdate, firstListener, Listener, setTable } from "./listener";
import { suits } from "./plugin";

/**
 * With new code of the filter Envoy makes a new VM for each worker. New connections are the new one's, and so are all configurations; the
 * connections that there are stay with the former one, which would never hear of a route again. So all VMs look, once a second, at
 * whose code was configured last for their listeners, and one that was succeeded takes the newest table from there, as far as it can read it.
 *
 * For each listener two values are shared, by its name:
 *
 *     meltemi.newest.… [ bytes of the code u32 | code | version ]
 *     meltemi.table.…  the configuration, while there is former code
 *     meltemi.former.… anything, once former code has connections: whether it still has is not asked
 */
const key: usize = memory.data(512); // "meltemi.former.", two bytes and MAX_SHARED_NAME_BYTES
let keyBytes: u32 = 0;

/** False: the listener's name is too long to be shared. */
function setKey(what: string, listener: Listener): bool {
  const name = listener.name;
  if (name.length > MAX_SHARED_NAME_BYTES) return false;
  const out = writeAscii(writeAscii(key, "meltemi."), what);
  store<u8>(out, <u8>listener.protocol);
  store<u8>(out, <u8>listener.mode, 1);
  memory.copy(out + 2, nameBytes(name), name.length);
  keyBytes = <u32>(out + 2 + name.length - key);
  return true;
}

/** The host has given this VM a configuration for the listener: it is the newest, whosever the connections are. */
export function announce(listener: Listener, json: usize, length: u32): void {
  const table = listener.table!;
  if (!table.codeBytes || !setKey("newest.", listener)) return;
  if (!listener.code) listener.code = intern(table.code, table.codeBytes);
  listener.succeeded = false;
  const known = readShared(key, keyBytes, Region.ASIDE);
  const former = known != 0 && !isCode(known, listener.code!);
  const note = heap.alloc(4 + table.codeBytes + table.versionBytes);
  store<u32>(note, table.codeBytes);
  memory.copy(note + 4, table.code, table.codeBytes);
  memory.copy(note + 4 + table.codeBytes, table.version, table.versionBytes);
  writeShared(key, keyBytes, note, 4 + table.codeBytes + table.versionBytes, 0);
  heap.free(note);
  setKey("former.", listener);
  if (!former && !readShared(key, keyBytes, Region.ASIDE)) return;
  if (former) writeShared(key, keyBytes, key, 1, 0);
  setKey("table.", listener);
  writeShared(key, keyBytes, json, length, 0);
}

/** Once a second: takes what other code has been configured with. */
export function followSuccessors(): void {
  let listener = firstListener();
  while (listener) {
    follow(listener);
    listener = listener.next;
  }
}

function follow(listener: Listener): void {
  const code = listener.code;
  if (!code || !setKey("newest.", listener)) return;
  const note = readShared(key, keyBytes, Region.ASIDE);
  if (!note || isCode(note, code)) {
    listener.succeeded = false;
    return;
  }
  // While workers are given a configuration one after the other, the newest may be any of two.
  if (!listener.succeeded) {
    listener.succeeded = true;
    listener.succeededAt_ms = tick_ms;
  }
  if (since_ms(listener.succeededAt_ms) < SUCCESSION_SETTLES_MS) return;
  const head = 4 + load<u32>(note);
  const version = intern(note + head, sharedBytes - head);
  if (version == listener.followed) {
    release(version);
    return;
  }
  setKey("table.", listener);
  const json = readShared(key, keyBytes);
  if (!json || !take(listener, json, sharedBytes, version)) {
    release(version);
    return;
  }
  if (listener.followed) release(listener.followed!);
  listener.followed = version;
}

/** False: it is not the configuration of that version, which will come. One that this code cannot read is not asked for again. */
function take(listener: Listener, json: usize, length: u32, version: Name): bool {
  const table = readTable(json, length, listener.protocol);
  if (!table) {
    countConfigUpdate(listener, false);
    return true;
  }
  const expected =
    table.versionBytes == version.length && memory.compare(table.version, nameBytes(version), version.length) == 0;
  if (!expected || !suits(listener.mode, table)) {
    freeTable(table);
    return expected;
  }
  setTable(listener, table);
  countConfigUpdate(listener, true);
  return true;
}

function isCode(note: usize, code: Name): bool {
  return load<u32>(note) == code.length && memory.compare(note + 4, nameBytes(code), code.length) == 0;
}
