import { recognise } from "../resource/recognise.js";
import { DirectoryReader } from "../source/directory-reader.js";
import { type Translation, Translator, type TranslatorOptions } from "../translate/translator.js";

/** Reads a directory once and tells everything that is wrong with it. */
export async function check(directory: string, options: TranslatorOptions = {}): Promise<Translation> {
  const state = await new DirectoryReader(directory, recognise).read();
  return new Translator(options).translate(state);
}
