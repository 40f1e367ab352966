import unhomoglyph from "unhomoglyph";

/** Characters that take no part in how a text looks. */
const IGNORED = /\p{Default_Ignorable_Code_Point}/gu;

/** Unicode's table of confusable characters, on decomposed text (UTS #39, version 13 of the data). */
const withPrototypes = (text: string): string => unhomoglyph(text.normalize("NFD")).normalize("NFD");

/**
 * What a name looks like: names with the same skeleton cannot be told apart by eye. It is the skeleton of Unicode Technical
 * Standard #39 (section 4), taken once more over the compatibility form, since the table leaves out characters that no
 * domain name can hold, such as most full-width letters. Not meant to be shown. Linear in the length.
 */
export const skeleton = (name: string): string =>
  withPrototypes(withPrototypes(name.replace(IGNORED, "")).normalize("NFKD"));

/** Names by how they look, in the order in which they came: to add one or to ask costs the same however many there are. */
export class LookAlikes {
  readonly #bySkeleton = new Map<string, string[]>();

  /** Each name is to be added once. */
  add(name: string): void {
    const look = skeleton(name);
    const alike = this.#bySkeleton.get(look);
    if (alike) alike.push(name);
    else this.#bySkeleton.set(look, [name]);
  }

  /** The first other name that looks like this one; null when there is none. */
  of(name: string): string | null {
    return this.#bySkeleton.get(skeleton(name))?.find((other) => other !== name) ?? null;
  }
}
