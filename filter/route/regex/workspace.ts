import {
  MAX_REGEX_BYTES,
  MAX_REGEX_EDGES,
  MAX_REGEX_INSTRUCTIONS,
  MAX_REGEX_SETS_BYTES,
  MAX_REGEX_TRANSITIONS,
} from "../../memory/limits";

/** At most an atom, a repetition, a concatenation and an alternation begin at a byte of the pattern. */
const MAX_SYNTAX: usize = 4 * <usize>MAX_REGEX_BYTES + 8;
const SYNTAX_BYTES: usize = 20;

/** More ranges than any named class or its complement has. */
export const SET_RANGES: u32 = 16;

/** At most three ranges for a letter without regard to case, and one more for the complement of a class. */
const MAX_RANGES: usize = 4 * <usize>MAX_REGEX_BYTES + 4 * <usize>SET_RANGES;
const RANGE_BYTES: usize = 8;

const INSTRUCTION_BYTES: usize = 12;
const EDGE_BYTES: usize = 4;

/** States are numbered by their rows, and a row has two entries at least. */
const MAX_STATES: usize = <usize>MAX_REGEX_TRANSITIONS >> 1;

/**
 * The memory in which one regex after the other is compiled: taken once for a table that has any, given back when the table
 * is done. Nothing in it is zeroed between two regexes; the counts say what is in use.
 */
@unmanaged
export class Workspace {
  syntax: usize;
  syntaxCount: u32;
  ranges: usize;
  rangeCount: u32;
  instructions: usize;
  instructionCount: u32;
  edges: usize;
  edgeCount: u32;
  /** Edges of the class under compilation, before they are known to be complete. */
  classEdges: usize;
  transitions: usize;
  sets: usize;
  /** Address of the set and chain of the hash bucket of each state: [ set u32 | next state u32 ]. */
  states: usize;
  buckets: usize;
  /** Two sparse sets of instructions: see `state-set`. */
  firstSet: usize;
  secondSet: usize;
  /** Instructions visited for all regexes so far, bytes of their transition tables, and of programs that have none. */
  work: u32;
  automataBytes: u32;
  programBytes: u32;
}

export const BUCKETS: u32 = 1024;
export const SET_BYTES: usize = <usize>MAX_REGEX_INSTRUCTIONS * 4;

export function newWorkspace(): Workspace {
  const syntaxBytes = MAX_SYNTAX * SYNTAX_BYTES;
  const rangesBytes = MAX_RANGES * RANGE_BYTES;
  const instructionsBytes = <usize>MAX_REGEX_INSTRUCTIONS * INSTRUCTION_BYTES;
  const edgesBytes = <usize>MAX_REGEX_EDGES * EDGE_BYTES;
  const transitionsBytes = <usize>MAX_REGEX_TRANSITIONS * 2;
  const statesBytes = MAX_STATES * 8;
  const headBytes = (offsetof<Workspace>() + 7) & ~7;
  const base = heap.alloc(
    headBytes +
      syntaxBytes +
      rangesBytes +
      instructionsBytes +
      edgesBytes * 2 +
      transitionsBytes +
      <usize>MAX_REGEX_SETS_BYTES +
      statesBytes +
      <usize>BUCKETS * 4 +
      SET_BYTES * 2,
  );
  const workspace = changetype<Workspace>(base);
  workspace.syntax = base + headBytes;
  workspace.ranges = workspace.syntax + syntaxBytes;
  workspace.instructions = workspace.ranges + rangesBytes;
  workspace.edges = workspace.instructions + instructionsBytes;
  workspace.classEdges = workspace.edges + edgesBytes;
  workspace.transitions = workspace.classEdges + edgesBytes;
  workspace.sets = workspace.transitions + transitionsBytes;
  workspace.states = workspace.sets + <usize>MAX_REGEX_SETS_BYTES;
  workspace.buckets = workspace.states + statesBytes;
  workspace.firstSet = workspace.buckets + <usize>BUCKETS * 4;
  workspace.secondSet = workspace.firstSet + SET_BYTES;
  workspace.work = 0;
  workspace.automataBytes = 0;
  workspace.programBytes = 0;
  return workspace;
}

export function freeWorkspace(workspace: Workspace): void {
  heap.free(changetype<usize>(workspace));
}
