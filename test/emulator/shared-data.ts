/** Envoy's shared data: values by key for all VMs of one vm_id, each with a number that changes when it is written. */
export class SharedData {
  private readonly values = new Map<string, { value: Uint8Array; cas: number }>();
  private lastCas = 0;
  /** How often it was asked. */
  reads = 0;
  writes = 0;

  get size(): number {
    return this.values.size;
  }

  get(key: string): { value: Uint8Array; cas: number } | undefined {
    this.reads++;
    return this.values.get(key);
  }

  /** False: `cas` is not 0 and not what is there. */
  set(key: string, value: Uint8Array, cas: number): boolean {
    this.writes++;
    const present = this.values.get(key);
    if (present && cas !== 0 && cas !== present.cas) return false;
    this.values.set(key, { value, cas: ++this.lastCas });
    return true;
  }
}
