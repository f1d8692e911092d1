import type { Resource } from "../xds/resource.js";

/** Waits between pushes of an extension configuration whose code the node has yet to fetch: half a minute in all. */
const DELAYS_MS = [1_000, 2_000, 4_000, 8_000, 16_000];

interface ExtensionJson {
  readonly typed_config?: { readonly config?: { readonly vm_config?: { readonly nack_on_code_cache_miss?: boolean } } };
}

/**
 * A node refuses a filter whose remote code it has not got, fetches the code, and takes the filter when it comes again. So a
 * refusal of such a filter is final only when it has come several times.
 */
export class CodeFetch {
  readonly #attempts = new Map<string, number>();
  readonly #timers = new Set<NodeJS.Timeout>();

  /** Calls `push` when the node may have the code; returns false where that is not what it is about. */
  retry(resource: Resource | undefined, push: () => void): boolean {
    if (resource === undefined || !fetchesCode(resource)) return false;
    const key = `${resource.name} ${resource.version}`;
    const attempt = this.#attempts.get(key) ?? 0;
    const delay_ms = DELAYS_MS[attempt];
    if (delay_ms === undefined) return false;
    this.#attempts.set(key, attempt + 1);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      push();
    }, delay_ms);
    this.#timers.add(timer);
    return true;
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

function fetchesCode({ json }: Resource): boolean {
  return (json as ExtensionJson).typed_config?.config?.vm_config?.nack_on_code_cache_miss === true;
}
