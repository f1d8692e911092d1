import { Found, foundAt, foundBytes } from "../../encoding/found";
import { findObject, memberAt, memberBytes, nextMember, objectAt, openObject, readMember } from "../../encoding/json";
import { entryAt, entryBytes, entryEnd, findField, keyAt, keyBytes, nextEntry } from "../../encoding/protobuf-path";
import {
  entriesLeft,
  nextThriftEntry,
  openThrift,
  openThriftMap,
  thriftKeyAt,
  thriftKeyBytes,
} from "../../encoding/thrift-path";
import { Demand } from "../attributes";
import { Message } from "../message";
import { Step } from "../step";
import { partAt, partEnd, partShown } from "./part";
import { aOf, bOf, xOf } from "./program";
import { giveNamed, giveNamedEscaped, stepOf } from "./value";
import { first } from "./window";

/** Maps of texts to texts, whose keys are names of attributes. The path at `x` of `a` steps leads to them. */
export function readProtobufMap(program: usize, op: usize, demand: Demand | null, message: Message): Step {
  const path = program + xOf(op);
  const count = aOf(op);
  let at = first + partAt;
  let end = first + partEnd;
  if (count > 1) {
    const found = findField(at, end, partShown(), path, count - 1);
    if (found != Found.TEXT) return stepOf(found, message);
    at = foundAt;
    end = at + foundBytes;
  }
  const shown = min(end, partShown());
  const number = load<u32>(path + ((<usize>(count - 1)) << 2));
  while (true) {
    const found = nextEntry(at, end, shown, number);
    if (found != Found.TEXT) return stepOf(found, message);
    at = entryEnd;
    const step = giveNamed(demand!, keyAt, keyBytes, <u32>(entryAt - first), entryBytes, message);
    if (step != Step.DONE) return step;
  }
}

export function readJsonMap(program: usize, op: usize, demand: Demand | null, message: Message): Step {
  if (partAt == partEnd) return Step.DONE;
  const end = first + partEnd;
  const shown = partShown();
  let found = findObject(first + partAt, end, shown, program + xOf(op), aOf(op), program);
  if (found == Found.TEXT) found = openObject(objectAt, end, shown);
  while (found == Found.TEXT) {
    found = readMember(end, shown);
    if (found <= Found.ESCAPED) {
      const at = <u32>(foundAt - first);
      const step =
        found == Found.ESCAPED
          ? giveNamedEscaped(demand!, memberAt, memberBytes, at, foundBytes, message)
          : giveNamed(demand!, memberAt, memberBytes, at, foundBytes, message);
      if (step != Step.DONE) return step;
    }
    if (found >= Found.MORE) break;
    found = nextMember(end, shown);
  }
  return stepOf(found, message);
}

export function readThriftMap(program: usize, op: usize, demand: Demand | null, message: Message): Step {
  if (partAt == partEnd) return Step.DONE;
  openThrift(bOf(op) != 0, first + partAt, first + partEnd, partShown());
  let found = openThriftMap(program + xOf(op), aOf(op));
  while (found == Found.TEXT && entriesLeft) {
    found = nextThriftEntry();
    if (found != Found.TEXT) break;
    const step = giveNamed(demand!, thriftKeyAt, thriftKeyBytes, <u32>(foundAt - first), foundBytes, message);
    if (step != Step.DONE) return step;
  }
  return stepOf(found, message);
}
