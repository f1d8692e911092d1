import { Name } from "../memory/name";

/** What has a name. Of a table's thousands most are never called: its text becomes a Name with the first call (`nameOf`). */
@unmanaged
export class Named {
  text: usize;
  textLength: u32;
  name: Name | null;
  /** The next one of those whose names the table holds. */
  nextHeld: Named | null;
}
