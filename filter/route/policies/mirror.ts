/** Where copies of a route's calls go besides. */
@unmanaged
export class Mirror {
  next: Mirror | null;
  /** The Cluster of the same table. */
  cluster: usize;
  /** Of a million. */
  share: u32;
}
