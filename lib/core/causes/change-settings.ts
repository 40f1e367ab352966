/** A number in a line of code or configuration, with the name that it is given, if it is given one. */
interface Setting {
  name: string | null;
  /** In the smallest unit of its kind, so that 5 s and 300 ms compare. */
  value: number;
  text: string;
  line: string;
}

/** A setting that moved far or went away. `relaxed`: it allows more than before, which seldom breaks anything at once. */
export interface SettingChange {
  relaxed: boolean;
  says: string;
  line: string;
}

/**
 * A number that stands alone: no part of a name, of a version of three parts, of a parameter's place or of a colour. With its unit, as in
 * `300ms`, `512Mi` or `5 * time.Second`.
 */
const QUANTITY =
  /(?<![\w.#$])(\d{1,15}(?:\.\d{1,9})?)(?:\s?\*\s?(?:time\.)?(Nanosecond|Microsecond|Millisecond|Second|Minute|Hour)s?\b|(ns|us|ms|s|m|h|d|Ki|Mi|Gi|kB|KB|MB|GB)?\b)(?!\.\d)/g;
const SCALE: Record<string, number> = {
  ns: 1e-9, nanosecond: 1e-9, us: 1e-6, microsecond: 1e-6, ms: 1e-3, millisecond: 1e-3, s: 1, second: 1,
  m: 60, minute: 60, h: 3_600, hour: 3_600, d: 86_400,
  ki: 2 ** 10, mi: 2 ** 20, gi: 2 ** 30, kb: 1e3, mb: 1e6, gb: 1e9,
}; // prettier-ignore
/** A setting that is at least so many times as large or as small. */
const FACTOR = 2;
/** Counters and flags start with these: no settings. */
const STARTS = new Set([0, 1]);
/** What is granted: time, tries and room. Less of it fails at once what used to fit; more of it is patience. */
const ALLOWANCE =
  /timeout|deadline|expir|ttl|lifetime|leeway|grace|max|limit|pool|capacity|quota|budget|conns?\b|connections|attempts|retries|backoff|delay|interval|period|workers|threads|replicas|memory|cpu/i;

/**
 * The settings that a change moved by a factor of two or took away, what allows less than before first. A setting is found again by its name, and
 * numbers without a name by their order, where there are as many as before. One whose value goes on under another name was renamed.
 */
export function settingChanges(removed: readonly string[], added: readonly string[]): SettingChange[] {
  const before = removed.flatMap(settingsOf);
  const after = added.flatMap(settingsOf);
  const take = (fits: (setting: Setting) => boolean): Setting | null => {
    const at = after.findIndex(fits);
    return at < 0 ? null : after.splice(at, 1)[0]!;
  };
  // What stayed is taken out first: a file may hold one name several times.
  const gone = before.filter(
    ({ name, value }) =>
      take((other) => other.name === name && other.value === value) === null &&
      take((other) => other.value === value) === null,
  );
  const changes: SettingChange[] = [];
  const unnamed: Setting[] = [];
  for (const setting of gone) {
    const now = setting.name === null ? null : take(({ name }) => name === setting.name);
    if (now !== null) changes.push(...moved(setting, now));
    else if (setting.name === null) unnamed.push(setting);
    else if (!STARTS.has(setting.value))
      changes.push({ relaxed: false, says: `removes '${setting.name}'`, line: setting.line });
  }
  if (unnamed.length === after.length)
    for (const [i, setting] of unnamed.entries()) changes.push(...moved(setting, after[i]!));
  return changes.toSorted((a, b) => Number(a.relaxed) - Number(b.relaxed));
}

function moved(from: Setting, to: Setting): SettingChange[] {
  if (from.value === 0 || to.value === 0 || Math.max(from.value / to.value, to.value / from.value) < FACTOR) return [];
  return [
    {
      relaxed: to.value > from.value && ALLOWANCE.test(to.line),
      says: `changes ${from.text} to ${to.text}`,
      line: to.line,
    },
  ];
}

function settingsOf(line: string): Setting[] {
  return [...line.matchAll(QUANTITY)].map((match) => {
    const [text, figure, word, unit] = match;
    return {
      name: nameBefore(line.slice(Math.max(0, match.index - NAME_CHARS), match.index)),
      value: Number(figure) * (SCALE[(word ?? unit ?? "").toLowerCase()] ?? 1),
      text,
      line,
    };
  });
}

/** Before a value, so far back its name is looked for. */
const NAME_CHARS = 100;
const WORD = /^[\w-]+$/;

/** The name that a value is given: `limit: 5`, `limit := 5`, `"limit" = 5`, `LIMIT: int = 5`; null where it is compared or passed on. */
function nameBefore(head: string): string | null {
  const parts = head.match(/[\w-]+|[^\s\w"'-]/g) ?? [];
  let end = parts.length;
  while (end > 0 && [":", "="].includes(parts[end - 1]!)) end -= 1;
  const between = parts.slice(end).join("");
  if (!["=", ":", ":="].includes(between) || ["<", ">", "!"].includes(parts[end - 1]!)) return null;
  if (between === "=" && parts[end - 2] === ":") end -= 2;
  const name = parts[end - 1];
  return name !== undefined && WORD.test(name) ? name.toLowerCase() : null;
}
