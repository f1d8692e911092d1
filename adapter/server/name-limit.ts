import { MAX_NAME_CHARACTERS_PER_STREAM, MAX_NAMES_PER_STREAM } from "./limits.js";
import { Refusal } from "./refusal.js";
import type { Subscription } from "./subscription.js";

/** Throws where a stream asks for more names than it may. */
export function limitNames(subscriptions: Iterable<Subscription>): void {
  let names = 0;
  let characters = 0;
  for (const subscription of subscriptions) {
    names += subscription.names.size;
    for (const name of subscription.names) characters += name.length;
  }
  if (names > MAX_NAMES_PER_STREAM) {
    throw new Refusal("RESOURCE_EXHAUSTED", `a stream may ask for ${MAX_NAMES_PER_STREAM} names, not for ${names}`);
  }
  if (characters > MAX_NAME_CHARACTERS_PER_STREAM) {
    const most = `${MAX_NAME_CHARACTERS_PER_STREAM} characters`;
    throw new Refusal("RESOURCE_EXHAUSTED", `the names that a stream asks for may have ${most}, not ${characters}`);
  }
}
