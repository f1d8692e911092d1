/**
 * Versions of the listeners' tables (`version` in filter.proto). A version holds for as long as the table stays the same, and never
 * comes again: Envoy finds a plugin that still has connections by the text of its configuration, so that a table that went
 * back to a former text would not reach the filter.
 */
export class TableVersions {
  #last_ms = 0;
  readonly #current = new Map<string, { readonly table: string; readonly version: string }>();

  /** The version of this table of a listener. The time of its change, so that no other run of the control plane gives it either. */
  of(listener: string, table: object): string {
    const text = JSON.stringify(table);
    const current = this.#current.get(listener);
    if (current?.table === text) return current.version;
    this.#last_ms = Math.max(this.#last_ms + 1, Date.now());
    const version = new Date(this.#last_ms).toISOString();
    this.#current.set(listener, { table: text, version });
    return version;
  }
}
