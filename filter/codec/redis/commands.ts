import { Act } from "../act";
import { Notes } from "../message";

/** Where a command's keys are among its arguments, of which the name is number 0. */
export enum Keys {
  NONE,
  FIRST,
  SECOND,
  THIRD,
  FIRST_TWO,
  ALL,
  ALL_BUT_LAST,
  ALL_BUT_FIRST,
  /** Each with its value behind it. */
  PAIRS,
  /** Their number is argument 1 or 2, and they are behind it. */
  COUNTED,
  COUNTED_SECOND,
  /** One is argument 1, then comes the number of the others. */
  STORED,
  /** Behind the word STREAMS: the first half of what follows. */
  STREAMS,
}

/** Commands of which more must be known than their name. */
export enum Special {
  NONE,
  AUTH,
  HELLO,
  SELECT,
  RESET,
  READONLY,
  CLIENT,
  /** What browsers begin with: such a client does not know whom it speaks to (Redis closes these connections, too). */
  HTTP,
}

/** A command that is known, once for the VM. */
@unmanaged
export class Command {
  /** The first and the last eight bytes of its name, without the bit that tells small letters from capitals. */
  front: u64;
  back: u64;
  name: usize;
  nameBytes: u32;
  keys: Keys;
  act: Act;
  special: Special;
  notes: Notes;
}

const SLOTS: u32 = 1024;
const slots: usize = memory.data(1024 * 4);
const FOLD: u64 = 0xdfdf_dfdf_dfdf_dfdf;
const MAX_NAME_BYTES: u32 = 24;

/**
 * The command of this name, or null: one of a module, or newer than this table. The eight bytes in front of the name are in memory.
 */
export function commandOf(name: usize, length: u32): Command | null {
  if (length - 1 >= MAX_NAME_BYTES) return null;
  let back = load<u64>(name + length - 8);
  if (length < 8) back >>= (8 - length) << 3;
  back &= FOLD;
  const front = length < 8 ? back : load<u64>(name) & FOLD;
  let slot = slotOf(front, back, length);
  let command = commandAt(slot);
  while (command && (command.back != back || command.front != front || command.nameBytes != length)) {
    slot = (slot + 1) & (SLOTS - 1);
    command = commandAt(slot);
  }
  return command;
}

function commandAt(slot: u32): Command | null {
  return changetype<Command | null>(<usize>load<u32>(slots + ((<usize>slot) << 2)));
}

function slotOf(front: u64, back: u64, length: u32): u32 {
  return <u32>(((front ^ (back << 1) ^ length) * 0x9e37_79b9_7f4a_7c15) >> 54);
}

/** Names between blanks. */
function add(names: string, keys: Keys, act: Act = Act.NONE, special: Special = Special.NONE): void {
  let from = 0;
  for (let i = 0; i <= names.length; i++) {
    if (i < names.length && names.charCodeAt(i) != 0x20) continue;
    if (i > from) addOne(names, from, i, keys, act, special);
    from = i + 1;
  }
}

function addOne(names: string, from: i32, to: i32, keys: Keys, act: Act, special: Special): void {
  const length = <u32>(to - from);
  const block = heap.alloc(offsetof<Command>() + offsetof<Notes>() + 8 + length);
  memory.fill(block, 0, offsetof<Command>() + offsetof<Notes>() + 8);
  const command = changetype<Command>(block);
  command.notes = changetype<Notes>(block + offsetof<Command>());
  command.name = block + offsetof<Command>() + offsetof<Notes>() + 8;
  for (let i = from; i < to; i++) store<u8>(command.name + (i - from), <u8>names.charCodeAt(i));
  command.nameBytes = length;
  command.keys = keys;
  command.act = act;
  command.special = special;
  let back = load<u64>(command.name + length - 8);
  if (length < 8) back >>= (8 - length) << 3;
  command.back = back & FOLD;
  command.front = length < 8 ? command.back : load<u64>(command.name) & FOLD;
  let slot = slotOf(command.front, command.back, length);
  while (load<u32>(slots + ((<usize>slot) << 2))) slot = (slot + 1) & (SLOTS - 1);
  store<u32>(slots + ((<usize>slot) << 2), <u32>block);
}

add("APPEND BITCOUNT BITFIELD BITFIELD_RO BITPOS DECR DECRBY DUMP EXPIRE EXPIREAT EXPIRETIME", Keys.FIRST);
add(
  "GEOADD GEODIST GEOHASH GEOPOS GEORADIUS GEORADIUSBYMEMBER GEORADIUSBYMEMBER_RO GEORADIUS_RO GEOSEARCH",
  Keys.FIRST,
);
add(
  "GET GETBIT GETDEL GETEX GETRANGE GETSET HDEL HEXISTS HGET HGETALL HGETDEL HGETEX HINCRBY HINCRBYFLOAT",
  Keys.FIRST,
);
add("HEXPIRE HEXPIREAT HEXPIRETIME HKEYS HLEN HMGET HMSET HPERSIST HPEXPIRE HPEXPIREAT HPEXPIRETIME HPTTL", Keys.FIRST);
add(
  "HRANDFIELD HSCAN HSET HSETEX HSETNX HSTRLEN HTTL HVALS INCR INCRBY INCRBYFLOAT LINDEX LINSERT LLEN LPOP",
  Keys.FIRST,
);
add(
  "LPOS LPUSH LPUSHX LRANGE LREM LSET LTRIM MOVE PERSIST PEXPIRE PEXPIREAT PEXPIRETIME PFADD PSETEX PTTL",
  Keys.FIRST,
);
add(
  "RESTORE RESTORE-ASKING RPOP RPUSH RPUSHX SADD SCARD SET SETBIT SETEX SETNX SETRANGE SISMEMBER SMEMBERS",
  Keys.FIRST,
);
add(
  "SMISMEMBER SORT SORT_RO SPOP SRANDMEMBER SREM SSCAN STRLEN SUBSTR TTL TYPE XACK XADD XAUTOCLAIM XCLAIM",
  Keys.FIRST,
);
add("XDEL XLEN XPENDING XRANGE XREVRANGE XSETID XTRIM ZADD ZCARD ZCOUNT ZINCRBY ZLEXCOUNT ZMSCORE ZPOPMAX", Keys.FIRST);
add("ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK", Keys.FIRST);
add("ZREMRANGEBYSCORE ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE", Keys.FIRST);
add("BLMOVE BRPOPLPUSH COPY GEOSEARCHSTORE LCS LMOVE RENAME RENAMENX RPOPLPUSH SMOVE ZRANGESTORE", Keys.FIRST_TWO);
add("DEL EXISTS MGET PFCOUNT PFMERGE SDIFF SDIFFSTORE SINTER SINTERSTORE SUNION SUNIONSTORE TOUCH UNLINK", Keys.ALL);
add("BLPOP BRPOP BZPOPMAX BZPOPMIN", Keys.ALL_BUT_LAST);
add("BITOP", Keys.ALL_BUT_FIRST);
add("MSET MSETNX", Keys.PAIRS);
add("LMPOP SINTERCARD ZDIFF ZINTER ZINTERCARD ZMPOP ZUNION", Keys.COUNTED);
add("BLMPOP BZMPOP EVAL EVALSHA EVALSHA_RO EVAL_RO FCALL FCALL_RO", Keys.COUNTED_SECOND);
add("ZDIFFSTORE ZINTERSTORE ZUNIONSTORE", Keys.STORED);
add("XREAD XREADGROUP", Keys.STREAMS);
add("MEMORY OBJECT XGROUP XINFO", Keys.SECOND);
add("MIGRATE", Keys.THIRD);

// A channel stands for the key: where it is published to there it must be listened to.
add("PUBLISH SPUBLISH", Keys.FIRST);
add("PSUBSCRIBE PUNSUBSCRIBE SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE UNSUBSCRIBE", Keys.ALL, Act.LISTEN);
add("MONITOR", Keys.NONE, Act.LISTEN);

add("MULTI", Keys.NONE, Act.BEGIN);
add("EXEC", Keys.NONE, Act.COMMIT);
add("DISCARD", Keys.NONE, Act.DROP);
add("WATCH", Keys.ALL, Act.WATCH);
add("UNWATCH", Keys.NONE, Act.UNWATCH);
add("QUIT", Keys.NONE, Act.LEAVE);

add("AUTH", Keys.NONE, Act.SETTLE, Special.AUTH);
add("HELLO", Keys.NONE, Act.SETTLE, Special.HELLO);
add("SELECT", Keys.NONE, Act.SETTLE, Special.SELECT);
add("RESET", Keys.NONE, Act.SETTLE, Special.RESET);
add("READONLY READWRITE", Keys.NONE, Act.SETTLE, Special.READONLY);
add("CLIENT", Keys.NONE, Act.NONE, Special.CLIENT);

// What follows their answers is no answer.
add("PSYNC SYNC", Keys.NONE, Act.REFUSE);
add("HOST: POST", Keys.NONE, Act.NONE, Special.HTTP);

add("ACL ASKING BGREWRITEAOF BGSAVE CLUSTER COMMAND CONFIG DBSIZE DEBUG ECHO FAILOVER FLUSHALL FLUSHDB", Keys.NONE);
add("FUNCTION INFO KEYS LASTSAVE LATENCY LOLWUT MODULE PING PUBSUB RANDOMKEY REPLCONF REPLICAOF ROLE SAVE", Keys.NONE);
add("SCAN SCRIPT SHUTDOWN SLAVEOF SLOWLOG SWAPDB TIME WAIT WAITAOF", Keys.NONE);
