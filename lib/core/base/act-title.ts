/** What is done to what, in a phrase: `Restart on api`; a title that names its subject already says so once: `Restart the target`. */
export const actTitle = (act: string, subject: string): string => (names(act, subject) ? act : `${act} on ${subject}`);

/** Whether the text names it as a word of its own, in whatever case. */
export function names(text: string, subject: string): boolean {
  const escaped = subject.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(String.raw`(?<![\w.~-])${escaped}(?![\w~-]|\.\w)`, "iu").test(text);
}
