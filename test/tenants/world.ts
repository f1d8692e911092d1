import { recognise } from "../../adapter/resource/recognise.js";
import { parseFile } from "../../adapter/source/file-content.js";
import type { RawResource, SourceState } from "../../adapter/source/source.js";

/** Resources by any name, in the order of their names. What does not change stays the same object, as sources have it. */
export class World {
  readonly #raws = new Map<string, { readonly text: string; readonly raws: readonly RawResource[] }>();

  /** YAML, of one resource or several. */
  put(name: string, text: string): this {
    if (this.#raws.get(name)?.text === text) return this;
    const { resources } = parseFile(text, `${name}.yaml`, recognise);
    this.#raws.set(name, { text, raws: resources });
    return this;
  }

  remove(name: string): this {
    this.#raws.delete(name);
    return this;
  }

  state(): SourceState {
    const sorted = [...this.#raws].sort(([a], [b]) => (a < b ? -1 : 1));
    return { resources: sorted.flatMap(([, { raws }]) => raws), ignored: [], problems: [] };
  }
}
