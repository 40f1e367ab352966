import { redact } from "@/lib/core/evidence/redact";
import { yieldToEventLoop } from "@/lib/event-loop";

/** Texts with secrets and personal data taken out, with breaks in which other requests are answered. */
export async function redactAll(texts: readonly string[]): Promise<string[]> {
  const done: string[] = [];
  for (const text of texts) {
    await yieldToEventLoop();
    done.push(redact(text).text);
  }
  return done;
}
