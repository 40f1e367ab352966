/** A call site stands at the head of a line, behind its time, level and thread. */
const HEAD_CHARS = 200;
/** Languages whose loggers write `file.ext:line`; a host and its port look the same otherwise. */
const FILE = String.raw`[\w./-]{1,120}\.(?:go|py|java|kt|scala|js|mjs|ts|rb|cs|cc|cpp|c|h|rs|php|ex):\d{1,5}`;
/** Logback, Log4j and their like, when told to write `%logger#%line` or `%C:%L`. */
const LOGGER = String.raw`[A-Za-z_$][\w$]{0,60}\.[\w.$[\]/]{1,120}[#:]\d{1,5}`;
const SITE = new RegExp(String.raw`(?:^|[\s[(])(${FILE}|${LOGGER})(?=[\s\]):,]|$)`);
/** `db.internal:5432` is an address: a logger's last word is a class, with a capital, or has a number sign. */
const CLASS = /#\d{1,9}$|[.$/][A-Z][\w[\]]{0,80}(?:\$[\w[\]]{0,80}){0,3}:\d{1,9}$/;

/**
 * Where in the program a line was written (`server.go:81`, `o.s.OrderService#147`), for loggers that say so; null otherwise. It is
 * what a template is looked for in the wording: one statement, whatever values it prints.
 */
export function callSiteOf(text: string): string | null {
  const site = SITE.exec(text.slice(0, HEAD_CHARS))?.[1];
  if (site === undefined) return null;
  return new RegExp(`^${FILE}$`).test(site) || CLASS.test(site) ? site : null;
}
