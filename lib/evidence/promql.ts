/** A label's or metric's name as PromQL and LogQL take it without quoting. */
const LABEL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * A selector `{a="b",c="d"}` of exact matches, for PromQL and LogQL alike. Values may be any text: both quote strings as Go
 * does, and a JSON string is one of those. Throws for a name that is none: names come from configuration or from a source's
 * own labels, never from free text.
 */
export function selector(labels: Record<string, string>): string {
  const matches = Object.entries(labels).map(([name, value]) => {
    if (!LABEL_NAME.test(name)) throw new Error(`Not a label's name: ${JSON.stringify(name.slice(0, 100))}`);
    // The replacement character, also that of a broken surrogate, is taken for broken UTF-8 unless it is spelled out.
    return `${name}=${JSON.stringify(value.toWellFormed()).replaceAll("\ufffd", "\\ufffd")}`;
  });
  return `{${matches.join(",")}}`;
}
