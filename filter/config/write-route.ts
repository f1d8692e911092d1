import { slotAddress, slotLength } from "../codec/attributes";
import { Condition, Matcher } from "../route/condition";
import { pickSticky } from "../route/policies/pick-sticky";
import { Cluster, Route, Table } from "../route/table";
import { raw, writeInteger, writeText } from "./json-writer";

/** A route as `explain` shows it. */
export function writeRoute(route: Route): void {
  raw('{"index":');
  writeInteger(route.order);
  raw(',"name":');
  writeText(route.name, route.nameLength);
  raw(',"origin":');
  writeText(route.origin, route.originLength);
  raw(',"clusters":[');
  let before: u32 = 0;
  for (let i: u32 = 0; i < route.clusterCount; i++) {
    const entry = route.clusters + ((<usize>i) << 3);
    const cluster = changetype<Cluster>(<usize>load<u32>(entry));
    const sum = load<u32>(entry, 4);
    raw(i ? ',{"name":' : '{"name":');
    writeText(cluster.text, cluster.textLength);
    raw(',"weight":');
    writeInteger(sum - before);
    raw("}");
    before = sum;
  }
  raw("]");
  writeChosen(route);
  raw("}");
}

/** Which of the clusters the call takes by a value of its own, where the route has one to go by. */
function writeChosen(route: Route): void {
  const policy = route.policy;
  const sticky = policy ? policy.sticky : null;
  const chosen = sticky ? pickSticky(route, sticky) : -1;
  if (chosen < 0) return;
  raw(',"chosen":');
  writeInteger(chosen);
}

/** A condition, and the value that it was held against: null where the call has none. */
export function writeCondition(table: Table, condition: Condition): void {
  const attribute = table.attributes + ((<usize>condition.slot) << 3);
  raw('{"attribute":');
  writeText(<usize>load<u32>(attribute), load<u32>(attribute, 4));
  raw(',"matcher":"');
  raw(matcherName(condition.matcher));
  raw('","expected":');
  writeExpected(condition);
  raw(condition.invert ? ',"invert_match":true,"value":' : ',"invert_match":false,"value":');
  writeText(slotAddress(condition.slot), slotLength(condition.slot));
  raw("}");
}

function writeExpected(condition: Condition): void {
  if (condition.matcher == Matcher.PRESENT) {
    raw(condition.wanted ? '"true"' : '"false"');
  } else if (condition.matcher == Matcher.RANGE) {
    raw('"[');
    writeInteger(condition.start);
    raw(", ");
    writeInteger(condition.end);
    raw(')"');
  } else {
    writeText(condition.text, condition.textLength);
  }
}

function matcherName(matcher: Matcher): string {
  switch (matcher) {
    case Matcher.EXACT:
      return "exact_match";
    case Matcher.PREFIX:
      return "prefix_match";
    case Matcher.SUFFIX:
      return "suffix_match";
    case Matcher.CONTAINS:
      return "contains_match";
    case Matcher.REGEX:
      return "regex_match";
    case Matcher.PRESENT:
      return "present_match";
    default:
      return "range_match";
  }
}
