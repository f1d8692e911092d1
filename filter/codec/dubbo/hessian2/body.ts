import { Step } from "../../step";
import { CLASS_NONE, CLASS_TEXT, chunkLength, classOf, fixedBytes, isLastChunk } from "./tags";
import { badUnit, passUnits, unitsLeft } from "./units";

/**
 * The text or binary that is being passed, chunk after chunk, each `tag length content`. Its state lives between windows, for it
 * may be longer than any of them.
 */

/** CLASS_TEXT or CLASS_BINARY, or CLASS_NONE when none has begun. */
export let openBodyClass: u32 = CLASS_NONE;
/** Units or bytes of the chunk that are still to come. */
let left: u32 = 0;
let isLast: bool = true;

/** Where `passBody` stopped: the first byte of what it has not taken. */
export let passedTo: usize = 0;

export function startBodies(): void {
  openBodyClass = CLASS_NONE;
}

/**
 * Begins the text or binary, or the next chunk of it, whose tag at `at` is in memory with its fixed part; `unseen` bytes of the
 * message follow `end`. False if it would not end within the message.
 */
export function openBody(at: usize, tag: u32, end: usize, unseen: u32): bool {
  openBodyClass = classOf(tag);
  left = chunkLength(at, tag);
  isLast = isLastChunk(tag);
  return left <= <u32>(end - at - fixedBytes(tag)) + unseen;
}

/** Passes what has begun through all its chunks, as far as it lies in [at, end). BAD if a chunk is not one of its kind. */
export function passBody(at: usize, end: usize, unseen: u32): Step {
  while (true) {
    if (openBodyClass == CLASS_TEXT) {
      at = passUnits(at, end, left);
      left = unitsLeft;
      if (badUnit) return Step.BAD;
    } else {
      const taken = <u32>min<usize>(left, end - at);
      at += taken;
      left -= taken;
    }
    if (left) return stop(at, Step.MORE);
    if (isLast) {
      openBodyClass = CLASS_NONE;
      return stop(at, Step.DONE);
    }
    if (at >= end) return stop(at, Step.MORE);
    const tag = <u32>load<u8>(at);
    if (classOf(tag) != openBodyClass) return Step.BAD;
    const fixed = fixedBytes(tag);
    if (end - at < fixed) return stop(at, Step.MORE);
    if (!openBody(at, tag, end, unseen)) return Step.BAD;
    at += fixed;
  }
}

function stop(at: usize, step: Step): Step {
  passedTo = at;
  return step;
}
