import { Arena, copyInto, reserve, take } from "../arena";
import { classOf } from "./byte-classes";
import { classCount, entryCount, startRow } from "./determinise";
import { EDGE_BYTES, INSTRUCTION_BYTES, Program } from "./program";
import { acceptsEnd, addMember, Before, beforeAfter, close, SET_ENTRY_BYTES, StateSet, step } from "./state-set";
import { Workspace } from "./workspace";

/**
 * A compiled regex: a table that takes one look-up for each byte or, where that would be too large, the program, which takes a
 * walk over its instructions for each byte. Neither ever goes back.
 */
@unmanaged
export class Automaton {
  /** 0: there is no table. */
  transitions: usize;
  startRow: u32;
  /** Index of the entry of a row that says whether the text may end there. */
  endEntry: u32;
  classOf: usize;

  program: Program;
  current: StateSet;
  next: StateSet;
}

/** Whether the regex matches the whole value. */
export function accepts(automaton: Automaton, value: usize, length: u32): bool {
  const end = value + length;
  const transitions = automaton.transitions;
  if (!transitions) return simulate(automaton, value, end);
  const classes = automaton.classOf;
  let row = automaton.startRow;
  for (; value < end; value++) {
    row = load<u16>(transitions + ((<usize>(row + load<u8>(classes + load<u8>(value)))) << 1));
    if (row == 0) return false;
  }
  return load<u16>(transitions + ((<usize>(row + automaton.endEntry)) << 1)) != 0;
}

/** What `determinise` has just made, in the table's memory. */
export function tableAutomaton(arena: Arena, workspace: Workspace): Automaton {
  const automaton = changetype<Automaton>(take(arena, offsetof<Automaton>()));
  automaton.transitions = copyInto(arena, workspace.transitions, (<usize>entryCount) << 1);
  automaton.startRow = startRow;
  automaton.endEntry = classCount;
  automaton.classOf = copyInto(arena, classOf, 256);
  workspace.automataBytes += (entryCount << 1) + 256;
  return automaton;
}

/** The program and the sets to run it with, in the table's memory. */
export function programAutomaton(arena: Arena, program: Program): Automaton {
  const automaton = changetype<Automaton>(take(arena, offsetof<Automaton>()));
  const copy = changetype<Program>(copyInto(arena, changetype<usize>(program), offsetof<Program>()));
  copy.instructions = copyInto(arena, program.instructions, <usize>program.instructionCount * INSTRUCTION_BYTES);
  copy.edges = copyInto(arena, program.edges, <usize>program.edgeCount * EDGE_BYTES);
  automaton.program = copy;
  automaton.current = newSet(arena, program.instructionCount);
  automaton.next = newSet(arena, program.instructionCount);
  return automaton;
}

function newSet(arena: Arena, capacity: u32): StateSet {
  const set = changetype<StateSet>(reserve(arena, offsetof<StateSet>()));
  set.members = reserve(arena, <usize>capacity * SET_ENTRY_BYTES);
  set.capacity = capacity;
  set.count = 0;
  return set;
}

function simulate(automaton: Automaton, value: usize, end: usize): bool {
  const program = automaton.program;
  let current = automaton.current;
  let next = automaton.next;
  let before: u32 = Before.BEGIN;
  current.count = 0;
  addMember(current, program.start);
  close(current, program, 0);
  for (; value < end; value++) {
    const byte = load<u8>(value);
    step(program, current, next, before, byte);
    if (next.count == 0) return false;
    before = beforeAfter(program, byte);
    const read = current;
    current = next;
    next = read;
  }
  return acceptsEnd(program, current, before);
}
