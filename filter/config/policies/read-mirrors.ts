import { clusterOf, takeOfTable } from "../../route/builder";
import { Mirror } from "../../route/policies/mirror";
import {
  enterList,
  enterObject,
  fieldsSeen,
  isField,
  nextElement,
  nextField,
  otherField,
  readString,
  text,
  textBytes,
} from "../json";
import { MILLION, readNumber } from "../number";
import { fail, failMissing } from "../problem";

/** Bits of the fields of Mirror. */
const CLUSTER: u32 = 0;
const PER_MILLION: u32 = 1;

/** The first of them; null where there are none, or one is refused. */
export function readMirrors(): Mirror | null {
  if (!enterList()) return null;
  let first: Mirror | null = null;
  for (let count: u32 = 0; nextElement(count); count++) {
    const mirror = readMirror();
    if (!mirror) return null;
    mirror.next = first;
    first = mirror;
  }
  return first;
}

function readMirror(): Mirror | null {
  if (!enterObject()) return null;
  const mirror = changetype<Mirror>(takeOfTable(offsetof<Mirror>()));
  mirror.share = MILLION;
  while (nextField()) {
    if (isField("cluster", CLUSTER)) readCluster(mirror);
    else if (isField("per_million", PER_MILLION)) mirror.share = readNumber(MILLION);
    else otherField();
  }
  if (!(fieldsSeen & (1 << CLUSTER))) failMissing("cluster");
  return mirror;
}

function readCluster(mirror: Mirror): void {
  if (!readString()) return;
  if (textBytes == 0) fail("must not be empty");
  else mirror.cluster = changetype<usize>(clusterOf(text, textBytes));
}
