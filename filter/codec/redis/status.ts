/** What an answer is, for metrics: a success, or an error by its first word. Words that are not known count as ERR. */
export enum Status {
  OK = 0,
  ERR = 1,
  WRONGTYPE = 2,
  NOAUTH = 3,
  WRONGPASS = 4,
  NOPERM = 5,
  MOVED = 6,
  ASK = 7,
  CLUSTERDOWN = 8,
  CROSSSLOT = 9,
  TRYAGAIN = 10,
  LOADING = 11,
  BUSY = 12,
  OOM = 13,
  READONLY = 14,
  MASTERDOWN = 15,
  MISCONF = 16,
  NOREPLICAS = 17,
  NOSCRIPT = 18,
  EXECABORT = 19,
  NOPROTO = 20,
  BUSYGROUP = 21,
  BUSYKEY = 22,
  NOGROUP = 23,
  UNKILLABLE = 24,
}

/** [ first bytes of the word u64 | status u32 ] … */
const ENTRY_BYTES: usize = 12;
const words: usize = memory.data(24 * 12);
let wordCount: usize = 0;

/** Longest piece of a word that is compared. */
export const STATUS_BYTES: u32 = 8;

function add(word: string, status: Status): void {
  let key: u64 = 0;
  for (let i = 0; i < min<i32>(word.length, STATUS_BYTES); i++) key |= (<u64>word.charCodeAt(i)) << (i << 3);
  const entry = words + wordCount * ENTRY_BYTES;
  store<u64>(entry, key);
  store<u32>(entry, status, 8);
  wordCount++;
}

/** The status of an error whose text is at `text`, of which `bytes` are there. */
export function statusOf(text: usize, bytes: u32): Status {
  let key: u64 = 0;
  for (let i: u32 = 0; i < min(bytes, STATUS_BYTES); i++) {
    const byte = <u64>load<u8>(text + i);
    if (byte <= 0x20) break;
    key |= byte << (i << 3);
  }
  for (let entry = words; entry < words + wordCount * ENTRY_BYTES; entry += ENTRY_BYTES) {
    if (load<u64>(entry) == key) return load<u32>(entry, 8);
  }
  return Status.ERR;
}

/** The first word of errors of this status. */
export function wordOf(status: Status): string {
  switch (status) {
    case Status.WRONGTYPE:
      return "WRONGTYPE";
    case Status.NOAUTH:
      return "NOAUTH";
    case Status.WRONGPASS:
      return "WRONGPASS";
    case Status.NOPERM:
      return "NOPERM";
    case Status.MOVED:
      return "MOVED";
    case Status.ASK:
      return "ASK";
    case Status.CLUSTERDOWN:
      return "CLUSTERDOWN";
    case Status.CROSSSLOT:
      return "CROSSSLOT";
    case Status.TRYAGAIN:
      return "TRYAGAIN";
    case Status.LOADING:
      return "LOADING";
    case Status.BUSY:
      return "BUSY";
    case Status.OOM:
      return "OOM";
    case Status.READONLY:
      return "READONLY";
    case Status.MASTERDOWN:
      return "MASTERDOWN";
    case Status.MISCONF:
      return "MISCONF";
    case Status.NOREPLICAS:
      return "NOREPLICAS";
    case Status.NOSCRIPT:
      return "NOSCRIPT";
    case Status.EXECABORT:
      return "EXECABORT";
    case Status.NOPROTO:
      return "NOPROTO";
    case Status.BUSYGROUP:
      return "BUSYGROUP";
    case Status.BUSYKEY:
      return "BUSYKEY";
    case Status.NOGROUP:
      return "NOGROUP";
    case Status.UNKILLABLE:
      return "UNKILLABLE";
    default:
      return "ERR";
  }
}

for (let status: i32 = Status.ERR + 1; status <= Status.UNKILLABLE; status++) add(wordOf(status), status);
