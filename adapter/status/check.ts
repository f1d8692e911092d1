import { recognise } from "../resource/recognise.js";
import { DirectoryReader } from "../source/directory-reader.js";
import type { CheckFilterConfig } from "../translate/filter-refusal.js";
import { type Translation, Translator } from "../translate/translator.js";

/** Reads a directory once and tells everything that is wrong with it. */
export async function check(
  directory: string,
  options: { readonly checkFilterConfig?: CheckFilterConfig } = {},
): Promise<Translation> {
  const state = await new DirectoryReader(directory, recognise).read();
  return new Translator(options).translate(state);
}
