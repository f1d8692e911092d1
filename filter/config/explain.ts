import { clearSlots, setSlot } from "../codec/attributes";
import { MAX_SLOTS } from "../memory/limits";
import { Arena, freeArena, newArena } from "../route/arena";
import { beginRound, Condition, holds } from "../route/condition";
import { conditionAt, lastTable, Route, routeAt, Table, VirtualHost, virtualHostOf } from "../route/table";
import {
  closeInput,
  enterObject,
  fieldsSeen,
  isField,
  key,
  keyBytes,
  nextField,
  openInput,
  otherField,
  readString,
  text,
  textBytes,
} from "./json";
import { beginOutput, endOutput, raw, writeText } from "./json-writer";
import { beginPath, configError, configErrorBytes, failed, failMissing } from "./problem";
import { writeCondition, writeRoute } from "./write-route";

/** The service of the call in question. */
let service: usize = 0;
let serviceBytes: u32 = 0;

/** Memory for the input of `explain`. */
export function allocate(bytes: usize): usize {
  return heap.alloc(bytes);
}

/**
 * What the last table configured does with a call. The input, { "service": …, "attributes": { name: value } } from `allocate`, is
 * given back here; the answer is [ length u32 | JSON ] and stands until the next one. Its form: `adapter/evaluate`.
 */
export function explain(input: usize, length: u32): usize {
  beginOutput();
  const table = lastTable;
  if (!table) {
    raw('{"error":"no configuration"}');
  } else {
    const texts = newArena();
    if (readCall(table, input, length, texts)) writeExplanation(table);
    else writeProblem();
    freeArena(texts);
  }
  heap.free(input);
  return endOutput();
}

/** Reads the call into the attribute slots. */
function readCall(table: Table, input: usize, length: u32, texts: Arena): bool {
  openInput(input, length, texts);
  beginPath();
  clearSlots(MAX_SLOTS);
  if (!enterObject()) return false;
  while (nextField()) {
    if (isField("service", 0)) {
      readString();
      service = text;
      serviceBytes = textBytes;
    } else if (isField("attributes", 1)) {
      readAttributes(table);
    } else {
      otherField();
    }
  }
  if (!failed && !(fieldsSeen & 1)) return failMissing("service");
  return !failed && closeInput();
}

/** Attributes that no route names have no slot, and change nothing. */
function readAttributes(table: Table): void {
  if (!enterObject()) return;
  while (nextField()) {
    const name = key;
    const nameLength = keyBytes;
    if (!readString()) return;
    for (let slot = 0; slot < table.attributeCount; slot++) {
      const entry = table.attributes + ((<usize>slot) << 3);
      const same = load<u32>(entry, 4) == nameLength && memory.compare(<usize>load<u32>(entry), name, nameLength) == 0;
      if (same) setSlot(slot, text, textBytes);
    }
  }
}

/** Goes through the routes one by one, without the index: this is what the index must agree with. */
function writeExplanation(table: Table): void {
  const host = virtualHostOf(table, service, serviceBytes) || table.anyService;
  if (!host) {
    raw('{"virtual_host":null,"route":null,"passed_over":[]}');
    return;
  }
  raw('{"virtual_host":');
  writeText(host.text, host.textLength);
  raw(',"passed_over":[');
  const taken = writePassedOver(table, host);
  raw('],"route":');
  if (taken) writeRoute(taken);
  else raw("null");
  raw("}");
}

/** Writes the routes that do not match, up to the first that does, which it returns. */
function writePassedOver(table: Table, host: VirtualHost): Route | null {
  beginRound();
  for (let i: u32 = 0; i < host.routeCount; i++) {
    const route = routeAt(host, i);
    const failing = firstFailing(route);
    if (!failing) return route;
    if (i > 0) raw(",");
    raw('{"route":');
    writeRoute(route);
    raw(',"failed":');
    writeCondition(table, failing);
    raw("}");
  }
  return null;
}

function firstFailing(route: Route): Condition | null {
  for (let i: u32 = 0; i < route.conditionCount; i++) {
    const condition = conditionAt(route, i);
    if (!holds(condition)) return condition;
  }
  return null;
}

function writeProblem(): void {
  raw('{"error":');
  writeText(configError, configErrorBytes);
  raw("}");
}
