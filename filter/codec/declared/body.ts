import { Found, foundAt, foundBytes, foundNumber } from "../../encoding/found";
import { findPointer } from "../../encoding/json";
import { findField } from "../../encoding/protobuf-path";
import { findThriftField, openThrift } from "../../encoding/thrift-path";
import { equalBytes } from "../../memory/bytes";
import { Demand } from "../attributes";
import { Message } from "../message";
import { Step } from "../step";
import { readJsonMap, readProtobufMap, readThriftMap } from "./maps";
import { isIn, loadNumber, masked } from "./number";
import { readPairs, readTextPairs } from "./pairs";
import { isNull, partAt, partEnd, partShown, startParts, takePart } from "./part";
import {
  aOf,
  bOf,
  cOf,
  codeOf,
  OP_BYTES,
  Op,
  opAt,
  Section,
  sectionCount,
  sectionFirst,
  xOf,
  yOf,
  zOf,
} from "./program";
import { give, setAbsent, setEscaped, setNumber, setText, stepOf } from "./value";
import { first, lacking, shown } from "./window";

/** Runs the body of a program, as far as it serves what is wanted. */
export function decodeBody(
  program: usize,
  section: Section,
  wanted: u32,
  demand: Demand | null,
  message: Message,
): Step {
  startParts();
  setAbsent();
  let op = opAt(program, sectionFirst(program, section));
  const end = op + sectionCount(program, section) * OP_BYTES;
  for (; op < end; op += OP_BYTES) {
    const code = codeOf(op);
    if (!(zOf(op) & wanted)) {
      if (code == Op.STOP) return Step.DONE;
      continue;
    }
    let step = Step.DONE;
    switch (code) {
      case Op.STOP:
        break;
      case Op.NUMBER: {
        if (partEnd > shown) return lacking(partEnd, message);
        const mask = yOf(op);
        const number = loadNumber(first + partAt, partEnd - partAt, bOf(op) != 0);
        setNumber(masked(number, mask ? load<u64>(program + mask) : 0), false);
        break;
      }
      case Op.TRIM:
        step = trim(message);
        break;
      case Op.WORD:
        step = takeWord(program, op, message);
        break;
      case Op.PAIRS:
        step = readPairs(program, op, demand, message);
        break;
      case Op.TEXT_PAIRS:
        step = readTextPairs(program, op, demand, message);
        break;
      case Op.PROTOBUF:
      case Op.JSON:
      case Op.THRIFT:
        step = find(program, op, message);
        break;
      case Op.PROTOBUF_MAP:
        step = readProtobufMap(program, op, demand, message);
        break;
      case Op.JSON_MAP:
        step = readJsonMap(program, op, demand, message);
        break;
      case Op.THRIFT_MAP:
        step = readThriftMap(program, op, demand, message);
        break;
      case Op.OK_SET:
        message.ok = isIn(program + yOf(op), message.status);
        break;
      case Op.OUT:
        step = give(aOf(op), demand, message);
        break;
      default:
        step = takePart(program, op, message);
        if (isNull) setAbsent();
        else setText(partAt, partEnd - partAt);
        break;
    }
    if (step != Step.DONE) return step;
  }
  return Step.DONE;
}

/** Finds a value in the part by a path of `a` steps at `x`. */
function find(program: usize, op: usize, message: Message): Step {
  const at = first + partAt;
  const end = first + partEnd;
  const path = program + xOf(op);
  const count = aOf(op);
  let found: Found;
  // A part that is nothing has no fields.
  if (at == end) found = Found.ABSENT;
  else if (codeOf(op) == Op.PROTOBUF) found = findField(at, end, partShown(), path, count);
  else if (codeOf(op) == Op.JSON) found = findPointer(at, end, partShown(), path, count, program);
  else {
    openThrift(bOf(op) != 0, at, end, partShown());
    found = findThriftField(path, count);
  }
  const step = stepOf(found, message);
  if (step != Step.DONE) return step;
  if (found == Found.ABSENT) setAbsent();
  else if (found == Found.NUMBER) {
    const isNegative = cOf(op) != 0 && foundNumber < 0;
    setNumber(isNegative ? <u64>-foundNumber : <u64>foundNumber, isNegative);
  } else {
    setText(<u32>(foundAt - first), foundBytes);
    if (found == Found.ESCAPED) setEscaped();
  }
  return Step.DONE;
}

/** Without the zeros and spaces at its end. */
function trim(message: Message): Step {
  if (partEnd > shown) return lacking(partEnd, message);
  let end = partEnd;
  while (end > partAt && (load<u8>(first + end - 1) == 0 || load<u8>(first + end - 1) == 0x20)) end--;
  setText(partAt, end - partAt);
  return Step.DONE;
}

function takeWord(program: usize, op: usize, message: Message): Step {
  if (partEnd > shown) return lacking(partEnd, message);
  const mark = program + xOf(op);
  const markBytes = yOf(op);
  let left = aOf(op);
  let begin = partAt;
  setAbsent();
  let at = partAt;
  while (true) {
    const ends = at + markBytes > partEnd;
    if (!ends && !equalBytes(first + at, mark, markBytes)) {
      at++;
      continue;
    }
    if (!left) {
      setText(begin, (ends || cOf(op) ? partEnd : at) - begin);
      return Step.DONE;
    }
    if (ends) return Step.DONE;
    left--;
    at += markBytes;
    begin = at;
  }
}
