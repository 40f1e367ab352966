/** The outermost braces of a text, parsed; undefined when there is no object. Models wrap JSON in prose and fences. */
export function firstObject(text: string): unknown {
  const from = text.indexOf("{");
  const to = text.lastIndexOf("}");
  if (from === -1 || to <= from) return undefined;
  try {
    return JSON.parse(text.slice(from, to + 1));
  } catch {
    return undefined;
  }
}
