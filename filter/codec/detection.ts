/** What a codec says of a connection's first bytes. */
export enum Detection {
  /** They are not its protocol's. */
  NO,
  /** They may be: more of them are needed to say. */
  MORE,
  /** They are its protocol's, or so much like it that only a decode can say more. */
  YES,
}
