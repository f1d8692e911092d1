import { Mirror } from "../../route/policies/mirror";
import { Table } from "../../route/table";
import { Connection } from "../connection";
import { Count } from "../count";
import { enlist, makeReady } from "../hold";
import { keepChanged, keepMessage } from "../kept-call";
import { count } from "../listener";
import { draws } from "../random";

/** The call in `message` is being sent: copies of it go to where its route mirrors calls, in the next turn of the event loop. */
export function mirror(connection: Connection, table: Table, first: Mirror, changed: bool): void {
  let one: Mirror | null = first;
  while (one) {
    if (draws(one.share)) keepMirrored(connection, table, one.cluster, changed);
    one = one.next;
  }
}

/** `changed`: as the register of edits has it. */
function keepMirrored(connection: Connection, table: Table, cluster: usize, changed: bool): void {
  const kept = changed ? keepChanged() : keepMessage();
  if (!kept) {
    count(connection.listener, Count.MIRROR_DROPPED);
    return;
  }
  kept.mirror = cluster;
  kept.table = table.serial;
  kept.connection = changetype<usize>(connection);
  enlist(connection, kept);
  makeReady(connection, kept);
}
