import { MAX_REGEX_BYTES, MAX_TABLE_PROGRAM_BYTES, MAX_TABLE_REGEX_BYTES } from "../../memory/limits";
import { Arena } from "../arena";
import { Automaton, programAutomaton, tableAutomaton } from "./automaton";
import { compile } from "./compiler";
import { determinise, entryCount } from "./determinise";
import { findLiterals } from "./literals";
import { parse } from "./parser";
import { beginPattern, refuse } from "./pattern";
import { EDGE_BYTES, INSTRUCTION_BYTES, Program } from "./program";
import { SET_ENTRY_BYTES } from "./state-set";
import { dropOuterAnchors } from "./syntax";
import { Workspace } from "./workspace";

const program: Program = changetype<Program>(memory.data(offsetof<Program>()));

/**
 * Compiles a regex into `arena`, and leaves its literals there too, to be read from `literals`. Null: `pattern.problem` says
 * why not.
 */
export function compileRegex(arena: Arena, workspace: Workspace, address: usize, length: u32): Automaton | null {
  if (length > MAX_REGEX_BYTES) return refuseWhole(address, "longer than 4096 bytes");
  const syntax = parse(workspace, address, length);
  if (!syntax) return null;
  dropOuterAnchors(syntax);
  findLiterals(arena, syntax);
  if (!compile(workspace, syntax, program)) return refuseWhole(address, "too large, its repetitions written out");
  if (determinise(workspace, program) && workspace.automataBytes + (entryCount << 1) <= MAX_TABLE_REGEX_BYTES) {
    return tableAutomaton(arena, workspace);
  }
  const bytes =
    program.instructionCount * <u32>(INSTRUCTION_BYTES + 2 * SET_ENTRY_BYTES) + program.edgeCount * <u32>EDGE_BYTES;
  if (workspace.programBytes + bytes > MAX_TABLE_PROGRAM_BYTES) {
    return refuseWhole(address, "too large together with the other regexes");
  }
  workspace.programBytes += bytes;
  return programAutomaton(arena, program);
}

function refuseWhole(address: usize, text: string): Automaton | null {
  beginPattern(address, 0);
  refuse(text, address);
  return null;
}
