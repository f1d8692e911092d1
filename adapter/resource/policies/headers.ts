import type { MessageMutations, Mutation } from "../../model/model.js";
import type { FieldPath } from "../../status/field-path.js";
import type { Report } from "../report.js";

export interface WrittenHeaders {
  readonly request?: WrittenOperations;
  readonly response?: WrittenOperations;
}

interface WrittenOperations {
  readonly set?: Readonly<Record<string, string>>;
  readonly add?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

/** Reads what is changed in messages of a route or of one of its destinations. */
export function parseHeaders({ request, response }: WrittenHeaders, path: FieldPath, report: Report): MessageMutations {
  return {
    ...(request && { request: parseOperations(request, [...path, "request"], report) }),
    ...(response && { response: parseOperations(response, [...path, "response"], report) }),
  };
}

function parseOperations(written: WrittenOperations, path: FieldPath, report: Report): Mutation {
  const { set = {}, add = {}, remove = [] } = written;
  const seen = new Set<string>();
  const see = (name: string, ...at: FieldPath): void => {
    if (seen.has(name)) report([...path, ...at], `${name} is changed here twice`);
    seen.add(name);
  };
  for (const name of Object.keys(set)) see(name, "set", name);
  for (const name of Object.keys(add)) see(name, "add", name);
  remove.forEach((name, index) => {
    see(name, "remove", index);
  });
  return { set, add, remove };
}

/** What the destination says comes to what its route says; none of the two says again what the other does. */
export function together(
  route: MessageMutations | undefined,
  destination: MessageMutations | undefined,
  path: FieldPath,
  report: Report,
): MessageMutations | undefined {
  if (destination === undefined) return undefined;
  const request = both(route?.request, destination.request, [...path, "request"], report);
  const response = both(route?.response, destination.response, [...path, "response"], report);
  return { ...(request && { request }), ...(response && { response }) };
}

function both(
  ofRoute: Mutation | undefined,
  own: Mutation | undefined,
  path: FieldPath,
  report: Report,
): Mutation | undefined {
  if (ofRoute === undefined || own === undefined) return own;
  const names = new Set(namesOf(ofRoute));
  for (const name of namesOf(own)) {
    if (names.has(name)) report(path, `${name} is changed by the route already`);
  }
  return {
    set: { ...ofRoute.set, ...own.set },
    add: { ...ofRoute.add, ...own.add },
    remove: [...ofRoute.remove, ...own.remove],
  };
}

function namesOf({ set, add, remove }: Mutation): readonly string[] {
  return [...Object.keys(set), ...Object.keys(add), ...remove];
}
