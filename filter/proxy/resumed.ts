import { Kept } from "./kept-call";

/** The kept call whose message is in `message`; null: that is the client's next one. */
export let resumed: Kept | null = null;

export function setResumed(kept: Kept | null): void {
  resumed = kept;
}
