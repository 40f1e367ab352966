import { cleanName } from "@/lib/core/alerts/alert-text";
import { isInert } from "@/lib/core/causes/change-diff";
import { redact } from "@/lib/core/evidence/redact";

/** A changed file; `patch` holds its hunks (unified, without file headings), and is absent for binary and very large files. */
export interface ChangedFile {
  filename: string;
  patch?: string | undefined;
}

/** What a change changed, as it may be kept and shown. Untrusted text. */
export interface ChangeDiff {
  files: string[];
  /** Undefined when there is nothing to show. */
  diff: string | undefined;
}

/** Files of one change that are named: more is no list that anyone reads. */
export const MAX_FILES = 100;
/** Characters of one change's diff: some hundred lines. Larger ones are merges of many changes, whose names say more. */
export const DIFF_CHARS = 20_000;
const NAME_CHARS = 200;
/** Of one line: beyond it, generated code. */
const LINE_CHARS = 500;
/** A file is only begun if so much of it fits. */
const LEAST_CHARS = 200;

/** Files that exist to hold secrets: their names are told, their contents are not read. */
const SECRET_FILE =
  /(?:\.(?:pem|key|p12|pfx|jks|keystore|kdbx|tfstate)|(?:^|\/)(?:\.env[^/]*|\.netrc|\.npmrc|\.pypirc|\.pgpass|\.htpasswd|id_(?:rsa|dsa|ecdsa|ed25519)|[^/]*(?:credentials?|secrets?)[^/]*))$/i;
/** Control and format characters: with them a line can be shown as another than it is (Boucher & Anderson 2023, Trojan Source). */
const UNSEEN = /(?!\t)[\p{Cc}\p{Cf}\u2028\u2029]/gu;
/** A line of nothing but base64: the middle of a key whose heading the hunk left out. */
const ENCODED = /^\s*[A-Za-z\d+/=]{48,}$/;

/**
 * Files and hunks of a change within {@link MAX_FILES} and {@link DIFF_CHARS}, without secrets. Code and configuration come before
 * documents and tests, so that what is cut off is what can do the least harm.
 */
export function diffText(changed: readonly ChangedFile[]): ChangeDiff {
  const sorted = changed.toSorted((a, b) => Number(isInert(a.filename)) - Number(isInert(b.filename)));
  let left = DIFF_CHARS;
  const parts = sorted.slice(0, MAX_FILES).flatMap(({ filename, patch }) => {
    if (patch === undefined || SECRET_FILE.test(filename) || left < LEAST_CHARS) return [];
    const name = nameOf(filename);
    // Cut at whole lines before, so that no secret is cut in two and missed, and after, since marks may be longer than secrets.
    const shown = withoutSecrets(wholeLines(patch, left).replace(/\n$/, ""));
    const part = wholeLines(`--- a/${name}\n+++ b/${name}\n${shown}\n`, left);
    left -= part.length;
    return [part];
  });
  return {
    files: sorted.slice(0, MAX_FILES).map(({ filename }) => nameOf(filename)),
    diff: parts.join("") || undefined,
  };
}

/** What undoes a patch: added lines are removed ones. */
export const reversed = (patch: string): string => patch.replace(/^[+-]/gm, (sign) => (sign === "+" ? "-" : "+"));

const nameOf = (filename: string) => redact(cleanName(filename, NAME_CHARS)).text;

/** Up to the last end of a line within `max`. */
const wholeLines = (text: string, max: number): string =>
  text.length <= max ? text : text.slice(0, text.lastIndexOf("\n", max - 1) + 1);

/**
 * Secrets are found in the text as it stands in the file: runs of lines of one sign are looked through without it, since a key goes over
 * many lines.
 */
function withoutSecrets(patch: string): string {
  const runs: { sign: string; lines: string[] }[] = [];
  for (const line of patch.split("\n")) {
    const sign = /^[-+ ]/.exec(line)?.[0] ?? "";
    const text = line.slice(sign.length).replace(UNSEEN, "\ufffd");
    const last = runs.at(-1);
    if (last?.sign === sign) last.lines.push(text);
    else runs.push({ sign, lines: [text] });
  }
  return runs
    .flatMap(({ sign, lines }) =>
      redact(lines.map((line) => (ENCODED.test(line) ? "[redacted:private_key]" : line)).join("\n"))
        .text.split("\n")
        .map((line) => sign + line.slice(0, LINE_CHARS).toWellFormed()),
    )
    .join("\n");
}
