import { MAX_CONDITIONS_PER_ROUTE } from "../memory/limits";
import { addCondition, conditionCount, Draft, draft, slotOf } from "../route/builder";
import { Matcher } from "../route/condition";
import { problem, problemAt, problemBytes } from "../route/regex/pattern";
import { integer, readInteger } from "./integer";
import {
  enterList,
  enterObject,
  fieldsSeen,
  isField,
  nextElement,
  nextField,
  otherField,
  readBool,
  readString,
  text,
  textBytes,
} from "./json";
import { fail, failAtWith, failed, failMissing } from "./problem";

/** Bits of AttributeMatcher's fields. Those of the specifier are the numbers of Matcher. */
const NAME: u32 = 0;
const INVERT: u32 = 8;
const SPECIFIERS: u32 = 0xfe;

export function readMatch(): bool {
  const before = conditionCount();
  if (!enterObject()) return false;
  while (nextField()) {
    if (isField("attributes", 0)) readAttributes();
    else otherField();
  }
  if (failed) return false;
  return conditionCount() > before || failMissing("attributes");
}

function readAttributes(): void {
  if (!enterList()) return;
  for (let count: u32 = 0; nextElement(count); count++) {
    if (count == MAX_CONDITIONS_PER_ROUTE) fail("more than 64 attributes");
    else readAttribute();
  }
}

function readAttribute(): bool {
  if (!enterObject()) return false;
  memory.fill(changetype<usize>(draft), 0, offsetof<Draft>());
  let name: usize = 0;
  let nameLength: u32 = 0;
  while (nextField()) {
    if (isField("name", NAME)) {
      readString();
      name = text;
      nameLength = textBytes;
    } else if (isField("invert_match", INVERT)) {
      draft.invert = readBool();
    } else if (!readSpecifier()) {
      otherField();
    }
  }
  if (failed) return false;
  if (nameLength == 0) return failMissing("name");
  const specifiers = fieldsSeen & SPECIFIERS;
  if (specifiers == 0)
    return fail(
      "one of exact_match, prefix_match, suffix_match, contains_match, regex_match, present_match and range_match is missing",
    );
  if (specifiers & (specifiers - 1)) return fail("only one kind of match may be given");
  draft.slot = slotOf(name, nameLength);
  if (draft.slot < 0) return fail("the routes name more than 64 different attributes");
  return addCondition() || failAtWith("regex_match", problem!, problemAt, problemBytes);
}

/** Reads the field if it is one of the specifier. */
function readSpecifier(): bool {
  if (isField("exact_match", Matcher.EXACT)) return readText(Matcher.EXACT);
  if (isField("prefix_match", Matcher.PREFIX)) return readText(Matcher.PREFIX);
  if (isField("suffix_match", Matcher.SUFFIX)) return readText(Matcher.SUFFIX);
  if (isField("contains_match", Matcher.CONTAINS)) return readText(Matcher.CONTAINS);
  if (isField("regex_match", Matcher.REGEX)) return readText(Matcher.REGEX);
  if (isField("present_match", Matcher.PRESENT)) {
    draft.matcher = Matcher.PRESENT;
    draft.wanted = readBool();
    return true;
  }
  if (!isField("range_match", Matcher.RANGE)) return false;
  readRange();
  return true;
}

function readText(matcher: Matcher): bool {
  readString();
  draft.matcher = matcher;
  draft.text = text;
  draft.textLength = textBytes;
  return true;
}

function readRange(): bool {
  draft.matcher = Matcher.RANGE;
  if (!enterObject()) return false;
  while (nextField()) {
    if (isField("start", 0)) {
      readInteger(i64.MIN_VALUE, i64.MAX_VALUE);
      draft.start = integer;
    } else if (isField("end", 1)) {
      readInteger(i64.MIN_VALUE, i64.MAX_VALUE);
      draft.end = integer;
    } else {
      otherField();
    }
  }
  return failed || draft.start < draft.end ? !failed : fail("start must be less than end");
}
