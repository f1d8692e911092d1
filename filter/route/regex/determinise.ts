import { MAX_REGEX_SETS_BYTES, MAX_REGEX_TRANSITIONS, MAX_REGEX_WORK, MAX_TABLE_REGEX_WORK } from "../../memory/limits";
import { divideBytes, representatives } from "./byte-classes";
import { Code, instructionAt, Program } from "./program";
import { acceptsEnd, addMember, Before, beforeAfter, close, memberAt, StateSet, step } from "./state-set";
import { BUCKETS, Workspace } from "./workspace";

/**
 * What the last construction made: a table of u16 in `workspace.transitions`, one row a state, rows named by the index of their
 * first entry. Row 0 is where nothing matches any more.
 *
 *     row: [ next row for each class of bytes … | whether the text may end here ]
 */
export let classCount: u32 = 0;
export let startRow: u32 = 0;
export let entryCount: u32 = 0;

const current: StateSet = changetype<StateSet>(memory.data(offsetof<StateSet>()));
const next: StateSet = changetype<StateSet>(memory.data(offsetof<StateSet>()));

/** Bytes of the set behind a state: what stands before it (u64), then a bit for each instruction. */
let setBytes: usize = 0;
let stateCount: u32 = 0;
let maxStates: u32 = 0;

/** Turns a program into a transition table (the subset construction). False: a limit was reached before it was complete. */
export function determinise(workspace: Workspace, program: Program): bool {
  begin(workspace, program);
  current.count = 0;
  addMember(current, program.start);
  close(current, program, 0);
  const start = stateOf(workspace, program, current, program.assertions ? Before.BEGIN : 0);
  if (start < 0) return false;
  const rowEntries = classCount + 1;
  startRow = <u32>start * rowEntries;
  let work: u32 = 0;
  for (let state: u32 = 1; state < stateCount; state++) {
    const row = workspace.transitions + ((<usize>(state * rowEntries)) << 1);
    const before = loadSet(workspace, state);
    for (let class_: u32 = 0; class_ < classCount; class_++) {
      if (program.assertions) loadSet(workspace, state);
      const byte = load<u8>(representatives + class_);
      step(program, current, next, before, byte);
      const target = stateOf(workspace, program, next, beforeAfter(program, byte));
      work += current.count + next.count + 1;
      if (target < 0 || work > MAX_REGEX_WORK || workspace.work + work > MAX_TABLE_REGEX_WORK) {
        workspace.work += work;
        return false;
      }
      store<u16>(row + ((<usize>class_) << 1), <u32>target * rowEntries);
    }
    if (program.assertions) loadSet(workspace, state);
    store<u16>(row + ((<usize>classCount) << 1), acceptsEnd(program, current, before) ? 1 : 0);
  }
  workspace.work += work;
  entryCount = stateCount * rowEntries;
  return true;
}

function begin(workspace: Workspace, program: Program): void {
  classCount = divideBytes(program);
  setBytes = 8 + (((<usize>program.instructionCount + 63) >> 6) << 3);
  maxStates = min(MAX_REGEX_TRANSITIONS / (classCount + 1), MAX_REGEX_SETS_BYTES / <u32>setBytes - 1);
  current.members = workspace.firstSet;
  current.capacity = program.instructionCount;
  next.members = workspace.secondSet;
  next.capacity = program.instructionCount;
  memory.fill(workspace.buckets, 0, (<usize>BUCKETS) << 2);
  memory.fill(workspace.transitions, 0, (<usize>(classCount + 1)) << 1);
  stateCount = 1;
}

/** The number of the state with this set, a new one if need be; 0 for the empty set, -1 when there is no room. */
function stateOf(workspace: Workspace, program: Program, set: StateSet, before: u32): i32 {
  if (set.count == 0) return 0;
  // Written where the next state's set belongs: it stays there if it is new.
  const fresh = setOf(workspace, stateCount);
  store<u64>(fresh, before);
  // By words: sets are small, and for few bytes a call of memory.fill or memory.compare costs more than it does.
  for (let at: usize = 8; at < setBytes; at += 8) store<u64>(fresh + at, 0);
  for (let i: u32 = 0; i < set.count; i++) {
    const instruction = memberAt(set, i);
    if (load<u32>(instructionAt(program, instruction)) == Code.SPLIT) continue;
    const byte = fresh + 8 + (instruction >> 3);
    store<u8>(byte, load<u8>(byte) | ((<u8>1) << (<u8>(instruction & 7))));
  }
  const bucket = workspace.buckets + ((<usize>(hashSet(fresh) & (BUCKETS - 1))) << 2);
  for (let state = load<u32>(bucket); state != 0; state = load<u32>(workspace.states + ((<usize>state) << 2))) {
    if (sameSets(setOf(workspace, state), fresh)) return state;
  }
  if (stateCount == maxStates) return -1;
  store<u32>(workspace.states + ((<usize>stateCount) << 2), load<u32>(bucket));
  store<u32>(bucket, stateCount);
  return stateCount++;
}

/** Makes `current` the set of a state, and says what stands before it. */
function loadSet(workspace: Workspace, state: u32): u32 {
  const set = setOf(workspace, state);
  current.count = 0;
  for (let at: usize = 8; at < setBytes; at += 8) {
    for (let word = load<u64>(set + at); word; word &= word - 1) {
      addMember(current, <u32>((at - 8) << 3) + <u32>ctz(word));
    }
  }
  return <u32>load<u64>(set);
}

function setOf(workspace: Workspace, state: u32): usize {
  return workspace.sets + <usize>state * setBytes;
}

function sameSets(one: usize, other: usize): bool {
  for (let at: usize = 0; at < setBytes; at += 8) {
    if (load<u64>(one + at) != load<u64>(other + at)) return false;
  }
  return true;
}

function hashSet(set: usize): u32 {
  let hash: u64 = 0;
  for (let at: usize = 0; at < setBytes; at += 8) {
    // Multiplying carries upwards only; the shift brings what the upper bits know down again.
    hash = (hash ^ load<u64>(set + at)) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 29;
  }
  return <u32>(hash >> 32);
}
