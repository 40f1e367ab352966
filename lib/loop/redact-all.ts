import { setImmediate as nextTurn } from "node:timers/promises";
import { redact } from "@/lib/core/redact";

/** Characters that are redacted before others have a turn: a few milliseconds of work, however hostile the text is. */
const TURN_CHARS = 64_000;

/** Texts with secrets and personal data taken out, in pieces between which other requests are answered. */
export async function redactAll(texts: readonly string[]): Promise<string[]> {
  const done: string[] = [];
  let left = TURN_CHARS;
  for (const text of texts) {
    if (left <= 0) {
      await nextTurn();
      left = TURN_CHARS;
    }
    left -= text.length;
    done.push(redact(text).text);
  }
  return done;
}
