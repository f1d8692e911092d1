/**
 * What a codec remembers of one direction of one connection between two decodes: where it stands in a message that it takes in parts,
 * and, on the client's side, what holds for all messages to come (a database that was selected). All zero at first.
 *
 * A codec changes it only with Step.DONE. The proxy puts the words back as they were when it decodes the same bytes again, so what lies
 * in `block` must be as good after that.
 */
@unmanaged
export class State {
  word0: u64;
  word1: u64;
  /** Of heap.alloc, 0: none. Freed with the connection or the tunnel. */
  block: usize;
}

export function dropState(state: State): void {
  if (state.block) heap.free(state.block);
  state.block = 0;
}
