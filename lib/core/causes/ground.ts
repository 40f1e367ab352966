import type { Finding } from "../evidence/bundle";
import { findInstructions } from "../evidence/instructions";

/** A sentence and the ids of the findings it rests on. */
export interface Claim {
  text: string;
  cites: readonly string[];
}

export interface Removed {
  claim: Claim;
  why: string;
}

export interface Grounded {
  /** As given, citing only findings that exist. */
  kept: Claim[];
  removed: Removed[];
}

/** A conclusion has a handful of sentences; more than this is no conclusion. */
const CLAIMS_MAX = 100;
const CLAIM_CHARS = 1_200;

/**
 * Keeps the claims that rest on what was found, and says why each of the others was removed. A claim is kept when at least one
 * finding it cites exists; every passage it quotes stands in a cited finding; every number stands there too, or is one of
 * those rounded; every name (anything spelled like an identifier) stands there; and it gives no orders. What it does not prove is that
 * the conclusion follows: that is what rivals and the skeptic are for (attribution, not entailment: Rashkin et al. 2023).
 *
 * Nothing is repaired: a claim that mixes what was found with what was not is removed as a whole.
 */
export function ground(claims: readonly Claim[], findings: readonly Finding[]): Grounded {
  const byId = new Map(findings.map((finding) => [finding.id, finding]));
  const kept: Claim[] = [];
  const removed: Removed[] = [];
  for (const [i, claim] of claims.entries()) {
    const cited = claim.cites.flatMap((id) => byId.get(id) ?? []);
    const why = i >= CLAIMS_MAX ? `only the first ${CLAIMS_MAX} sentences are read` : objection(claim, cited);
    if (why === null) kept.push({ text: claim.text, cites: [...new Set(cited.map(({ id }) => id))] });
    else removed.push({ claim, why });
  }
  return { kept, removed };
}

function objection({ text, cites }: Claim, cited: readonly Finding[]): string | null {
  if (text.trim() === "") return "says nothing";
  if (text.length > CLAIM_CHARS) return `is longer than ${CLAIM_CHARS} characters`;
  if (cites.length === 0) return "cites no evidence";
  if (cited.length === 0) return `cites ${cites.join(", ")}, which does not exist`;
  const order = findInstructions(text)[0];
  if (order !== undefined) return `gives orders: "${order.quote}"`;
  const source = plain(cited.map((finding) => `${finding.node ?? ""} ${finding.text}`).join("\n"));
  const own = withoutCitations(text);
  const quote = quotesIn(own).find((passage) => !source.includes(plain(passage)));
  if (quote !== undefined) return `quotes "${quote}", which appears in no finding it cites`;
  const name = namesIn(own).find((word) => !source.includes(plain(word)));
  if (name !== undefined) return `names ${name}, which appears in no finding it cites`;
  const known = numbersIn(source);
  const number = numbersIn(plain(own)).find((figure) => !known.some((other) => isRoundedFrom(figure, other)));
  return number === undefined ? null : `says ${number.text}, which appears in no finding it cites`;
}

const plain = (text: string): string =>
  text.normalize("NFKC").toLowerCase().replace(/[“”„]/g, '"').replace(/[‘’`]/g, "'").replace(/\s+/g, " ").trim();

const CITATION = /[[(]\s*([a-z]\d{1,5}(?:\s*[,;]\s*[a-z]\d{1,5}){0,30})\s*[\])]/gi;
const withoutCitations = (text: string): string => text.replace(CITATION, " ");

const QUOTES = /"([^"\n]{2,600})"|“([^“”\n]{2,600})”|`([^`\n]{2,600})`|(?<![\p{L}\d])'([^'\n]{3,600})'(?![\p{L}\d])/gu;
const quotesIn = (text: string): string[] =>
  [...text.matchAll(QUOTES)].map((m) => (m[1] ?? m[2] ?? m[3] ?? m[4])!.trim());

/** Spelled with a sign, a digit or a capital inside: names of things rather than words. */
const NAME =
  /(?<![\p{L}\d])[\p{L}_][\p{L}\d_]*(?:[-_.:/@][\p{L}\d_]+)+|(?<![\p{L}\d])\p{L}*\d\p{L}[\p{L}\d]*|(?<![\p{L}\d])\p{L}[\p{L}]*\d+(?![\p{L}\d])|(?<![\p{L}\d])\p{Ll}+\p{Lu}\p{L}*|(?<![\p{L}\d])(?:\p{Lu}\p{Ll}+){2,}(?![\p{L}\d])/gu;
/** Parts of ordinary hyphenated words; a word of two with one of these is English. */
const ORDINARY = new Set(
  "non re pre post co anti over under long short high low read write up back roll scale time well out off on in to of by end root cause heavy running only related level side wide free based specific self first second third last two three one multi single full part follow early late new old same cross real near far fast slow hard soft user client server memory cpu disk error rate request response so called step down per day hour minute week worst best".split(
    " ",
  ),
);

function namesIn(text: string): string[] {
  const bare = text.replace(QUOTES, " ");
  return [...bare.matchAll(NAME)]
    .map(([word]) => word)
    .filter((word) => {
      if (/^\d/.test(word) || isAmount(word)) return false;
      // "and/or", "long-running" and "e.g." are words.
      if (/^\p{Ll}+(?:\/\p{Ll}+)+$/u.test(word)) return false;
      if (/^\p{Ll}+(?:-\p{Ll}+)+$/u.test(word)) return !word.split("-").some((part) => ORDINARY.has(part));
      return !/^(?:[a-z]\.)+[a-z]$/i.test(word);
    });
}

/** A figure with its unit or a time, read as a number: `12ms`, `p95`, `10:45`, `v2` are not that. */
const isAmount = (word: string): boolean => /^\d+(?:\.\d+)?[a-zµ%]{1,4}$/i.test(word);

interface Figure {
  text: string;
  value: number;
  decimals: number;
}

/** Numbers in text, thousands' commas and signs of approximation aside; parts of names and versions do not count. */
function numbersIn(text: string): Figure[] {
  return [
    ...text.matchAll(
      /(?<![\p{L}\d_.:/-])\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\p{L}\d_/:.,-])\d+(?:\.\d+)?|(?<=[:.,/-])\d+(?:\.\d+)?/gu,
    ),
  ].map(([found]) => {
    const bare = found.replaceAll(",", "");
    return { text: found, value: Number(bare), decimals: bare.split(".")[1]?.length ?? 0 };
  });
}

/** 12 is 12.3 rounded, and 12.3 is not 12 made exact. Scientific prefixes are not guessed at. */
function isRoundedFrom(said: Figure, found: Figure): boolean {
  if (said.value === found.value) return true;
  if (said.decimals > found.decimals) return false;
  const step = 10 ** -said.decimals;
  if (Math.abs(Math.round(found.value / step) * step - said.value) < 1e-9 * Math.max(1, said.value)) return true;
  // 1,140 may be told as 1,100: two digits that count are the least.
  const digits = found.value === 0 ? 1 : 10 ** Math.max(0, Math.floor(Math.log10(Math.abs(found.value))) - 1);
  return said.decimals === 0 && digits > 1 && Math.round(found.value / digits) * digits === said.value;
}

/**
 * Sentences of a text with the citations in them (`[l3]`, `(m1, c2)`), as a model is asked to write them; a citation after the full stop
 * belongs to the sentence before it. Headings and list signs are dropped.
 */
export function claimsOf(text: string): Claim[] {
  const claims: { text: string; cites: string[] }[] = [];
  for (const line of text.split(/\n+/)) {
    const bare = line.replace(/^\s*(?:[-*•]|\d+[.)]|#{1,6})\s+/, "").trim();
    for (const part of bare.split(/(?<=[.!?]["'”)\]]?)\s+(?=[\p{Lu}"“'([\d])/u)) {
      const cites = [...part.matchAll(CITATION)].flatMap(([, ids]) =>
        ids!
          .toLowerCase()
          .split(/[,;]/)
          .map((id) => id.trim()),
      );
      const words = withoutCitations(part)
        .replace(/\s+/g, " ")
        .replace(/ ([.,;:!?])/g, "$1")
        .trim();
      const last = claims.at(-1);
      if (/^[.,;:!?]*$/.test(words)) {
        if (last !== undefined) last.cites.push(...cites);
      } else claims.push({ text: words, cites });
    }
  }
  return claims;
}
