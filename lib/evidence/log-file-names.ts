/** What writers and rotation put behind a name, one piece at a time from the end. */
const ENDINGS: readonly RegExp[] = [
  /\.(?:log|jsonl?|ndjson|txt|out|err|stdout|stderr|old|bak|prev|gz)$/i,
  // shop-20260520, shop_2026-05-20, shop.2026-05-20T12-30-01.123, shop.2026-05-20-12.
  /[._-]\d{4}[._-]?\d{2}[._-]?\d{2}(?:[T._-]?\d{2}(?:[:._-]?\d{2}){0,2}(?:[._-]\d{1,6})?Z?)?$/i,
];
/** shop.log.1: a number belongs to what was rotated when it stands behind an ending or a date; `kafka-0` and `web.1` are names. */
const NUMBER = /\.\d{1,9}$/;
/** Files packed in ways that are not read; they are still named. */
const PACKED = /\.(?:zst|xz|bz2|zip)$/i;
/** PM2 and others write two files for one service. */
const STREAMS = /-(?:out|err|error)$/i;

/**
 * The names a file may be of, the longest first: its own, without what writers and rotation add. `shop-2026-05-20.log.1` may be
 * of `shop`; `kafka-0.log` is not of `kafka`, nor `check-out.log` of `check`.
 */
export function namesOf(file: string): string[] {
  const names = [file];
  for (let name = file.replace(PACKED, ""); ;) {
    if (name !== names.at(-1)) names.push(name);
    const ending = ENDINGS.find((pattern) => pattern.test(name));
    const numbered = name.replace(NUMBER, "");
    if (ending) name = name.replace(ending, "");
    else if (numbered !== name && ENDINGS.some((pattern) => pattern.test(numbered))) name = numbered;
    else return names;
    if (name === "") return names;
  }
}

/**
 * Which files of a list are of a service: those that have its name, else those that have it in other letters (`Shop.LOG`). A pair
 * `NAME-out.log` and `NAME-error.log` is of NAME.
 */
export function filesOf<T extends { name: string }>(files: readonly T[], service: string): T[] {
  const named = files.map((file) => ({ file, names: namesOf(file.name) }));
  const stems = new Set(named.map(({ names }) => names.at(-1)!.toLowerCase()));
  const pair = (stem: string) => stems.has(`${stem}-out`) && (stems.has(`${stem}-err`) || stems.has(`${stem}-error`));
  const paired = (stem: string) =>
    STREAMS.test(stem) && pair(stem.replace(STREAMS, "").toLowerCase()) ? stem.replace(STREAMS, "") : null;
  const all = named.map(({ file, names }) => ({ file, names: [...names, paired(names.at(-1)!) ?? file.name] }));
  const exact = all.filter(({ names }) => names.includes(service));
  const wanted = service.toLowerCase();
  const alike =
    exact.length > 0 ? exact : all.filter(({ names }) => names.some((name) => name.toLowerCase() === wanted));
  return alike.map(({ file }) => file);
}
