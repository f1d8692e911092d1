import { Named } from "../named";

/**
 * What a route wants done to the attributes of calls, or of their answers. Its text is the rules (codec/rules.ts). As a Name they outlive their
 * table: calls in flight hold on to those that are for their answers.
 */
@unmanaged
export class Mutation extends Named {
  /** The next one of the table. */
  next: Mutation | null;
}

/** For both directions; null: nothing. */
@unmanaged
export class Mutations {
  request: Mutation | null;
  response: Mutation | null;
}

@unmanaged
export class RouteMutations extends Mutations {
  /** Mutations of each destination, in their order, which hold in place of the route's where they say anything; 0: none has its own. */
  destinations: usize;
}

export function mutationsAt(destinations: usize, index: u32): Mutations {
  return changetype<Mutations>(destinations + <usize>index * offsetof<Mutations>());
}
