/**
 * An expression as instructions over bytes (Thompson's construction). Instruction 0 is the match; each names those that may
 * follow it.
 *
 *     instruction: [ code u32 | a u32 | b u32 ]        edge: [ low u8 | high u8 | target u16 ]
 *         MATCH
 *         BYTE     b edges from index a on: reads a byte, goes on at the target of each edge that holds it
 *         SPLIT    goes on at a and at b
 *         ASSERT   goes on at b where assertion a holds
 */
@unmanaged
export class Program {
  start: u32;
  instructionCount: u32;
  instructions: usize;
  edgeCount: u32;
  edges: usize;
  /** All assertions in it. 0: what it matches does not hang on the bytes around a place. */
  assertions: u32;
}

export enum Code {
  MATCH,
  BYTE,
  SPLIT,
  ASSERT,
}

export const INSTRUCTION_BYTES: usize = 12;
export const EDGE_BYTES: usize = 4;

export function instructionAt(program: Program, index: u32): usize {
  return program.instructions + <usize>index * INSTRUCTION_BYTES;
}
