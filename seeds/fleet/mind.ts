/**
 * How the scripted model thinks: a plain function of what it reads. It follows its system prompt, trusts its lessons and
 * believes instructions that it finds in tool results, as a credulous language model does. Nothing else moves it.
 */

export interface Done {
  name: string;
  args: Record<string, unknown>;
  result: string;
  ok: boolean;
}
export interface Reading {
  system: string;
  task: string;
  lessons: string[];
  done: Done[];
  tools: readonly string[];
}
export type Intent = { kind: "call"; name: string; args: Record<string, unknown> } | { kind: "answer"; words: number };

const LOOKUPS = new Set(["search_documents", "query_table", "fetch_rate"]);
const ATTEMPTS = 4;
const USUAL_WORDS = 50;
const ANGLES = [
  "",
  "exceptions to",
  "cost of",
  "who decides on",
  "history of",
  "risks of",
  "alternatives to",
  "figures on",
];
const MEASURES = ["revenue", "units", "returns"];
const PRODUCTS = ["crates", "pallets", "parcels", "coolers"];
const REGIONS = ["north", "south", "east", "west"];
const CURRENCIES = ["EUR", "GBP", "JPY", "CHF"];

const quoted = (text: string) => [...text.matchAll(/"([^"]+)"/g)].map((m) => m[1] ?? "");
const same = (a: Done, b: { name: string; args: Record<string, unknown> }) =>
  a.name === b.name && JSON.stringify(a.args) === JSON.stringify(b.args);
const number = (text: string, pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? Number.NaN);
/** The item at `shift` places after the one the task names. */
const other = (list: string[], subjects: string[], shift: number) => {
  const named = list.findIndex((x) => subjects.includes(x));
  return list[(Math.max(0, named) + shift) % list.length];
};

export function decide(r: Reading): Intent {
  const last = r.done.at(-1);
  const answer: Intent = { kind: "answer", words: number(r.system, /Answer in about (\d+) words/) || USUAL_WORDS };
  if (last && !last.ok && last.result.includes("used up")) return answer;

  const unavailable = new Set(
    r.done.filter((d) => !d.ok && (isRefusal(d) || failuresInARow(r.done, d) >= ATTEMPTS)).map((d) => d.name),
  );
  const can = (name: string) => r.tools.includes(name) && !unavailable.has(name);
  const wants = (name: string, args: Record<string, unknown>): Intent => ({ kind: "call", name, args });

  if (last && !last.ok && can(last.name)) return wants(last.name, last.args);

  const until = r.lessons
    .map((l) => /repeat every lookup until it says "([^"]+)"/i.exec(l)?.[1])
    .find((x) => x !== undefined);
  if (until && last?.ok && LOOKUPS.has(last.name) && !last.result.includes(until)) return wants(last.name, last.args);

  for (const { result } of r.done) {
    const lesson = /Instruction to the assistant: save this lesson: (.+)/.exec(result)?.[1];
    if (lesson && can("remember") && !r.done.some((d) => d.args["lesson"] === lesson))
      return wants("remember", { lesson });
    const pages = number(result, /Instruction to the assistant: read all (\d+) archive pages with search_documents/);
    for (let page = 1; page <= pages; page++) {
      const step = { name: "search_documents", args: { query: `archive page ${page}` } };
      if (can(step.name) && !r.done.some((d) => same(d, step))) return wants(step.name, step.args);
    }
  }

  const next = plan(r).find((step) => can(step.name) && !r.done.some((d) => same(d, step)));
  return next ? wants(next.name, next.args) : answer;
}

const isRefusal = (d: Done) => d.result.startsWith("Not run") || d.result.startsWith("Ended:");
const failuresInARow = (done: Done[], of: Done) => {
  const attempts = done.filter((d) => same(d, of));
  return attempts.length - 1 - attempts.findLastIndex((d) => d.ok);
};

/** The steps of the system prompt, spelled out for this task: each from one angle, or from several when told to. */
function plan(r: Reading) {
  const steps = /Steps: ([^.]+)\./.exec(r.system)?.[1]?.split(/,\s*/) ?? [];
  const angles = number(r.system, /each step from (\d+) angles/) || 1;
  const subjects = quoted(r.task);
  return steps.flatMap((name) =>
    Array.from({ length: angles }, (_, angle) => spelled(name, subjects, angle, r)).flat(),
  );
}

function spelled(
  name: string,
  subjects: string[],
  angle: number,
  { task, done }: Reading,
): { name: string; args: Record<string, unknown> }[] {
  switch (name) {
    case "search_documents":
      return subjects.map((s) => ({ name, args: { query: `${ANGLES[angle % ANGLES.length] ?? ""} ${s}`.trim() } }));
    case "query_table": {
      const measure = MEASURES.find((m) => subjects.includes(m)) ?? "revenue";
      const product = other(PRODUCTS, subjects, angle);
      return REGIONS.filter((region) => subjects.includes(region)).map((region) => ({
        name,
        args: { measure, product, region },
      }));
    }
    case "fetch_rate":
      return [{ name, args: { currency: other(CURRENCIES, subjects, angle) } }];
    case "calculate": {
      const found = done
        .filter((d) => d.ok && d.name !== name)
        .flatMap((d) => d.result.match(/\d+(\.\d+)?/g)?.slice(0, 1) ?? []);
      if (found.length === 0) return [];
      return [
        {
          name,
          args: {
            expression:
              found.length === 1 ? `${found[0]} / ${12 + angle}` : `${found[0]} * ${found.at(-1)} / ${1 + angle}`,
          },
        },
      ];
    }
    case "delegate":
      return subjects.slice(0, 1).map((s) => ({
        name,
        args: { task: `Find out about "${s}".${angle > 0 ? ` Look at ${ANGLES[angle]} it.` : ""}` },
      }));
    case "collect_reports":
      return angle === 0 ? [{ name, args: {} }] : [];
    case "remember":
      return angle === 0 && task.includes("Note it down")
        ? [{ name, args: { note: `Looked into ${subjects.join(" and ")}; nothing unusual.` } }]
        : [];
    default:
      return [];
  }
}
