/**
 * What nobody can see or tell apart on a screen: format characters (zero-width, direction-turning, tags), other characters that are
 * ignored when shown (variation selectors, fillers), private use, and blanks that are not the ordinary one.
 */
export const UNSEEN = /[\p{Cf}\p{Co}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/u;
const ALL_UNSEEN = new RegExp(UNSEEN, "gu");

/**
 * More accents on one letter than any language writes (Unicode's stream-safe format, UAX #15, stops at 30 too): to put them in
 * order takes a time that grows with the square of their number.
 */
const PILED = /(\p{M}{30})\p{M}+/gu;

/** A blank that is not the ordinary one becomes it, the others are taken out, and of accents beyond 30 on one letter the rest. The result is in Unicode's composed form (NFC). */
export const withoutUnseen = (text: string): string =>
  text
    .replace(ALL_UNSEEN, (found) => (/\p{Zs}/u.test(found) ? " " : ""))
    .replace(PILED, "$1")
    .normalize("NFC");
