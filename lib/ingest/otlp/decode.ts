import { SentinelError } from "@/lib/errors";
import { PROTOBUF } from "@/lib/contracts/otlp";
import { yieldToEventLoop } from "@/lib/event-loop";
import { writeAnswer } from "./protobuf";
import { type Asked, readInSlices } from "./read";
import type { Signal } from "./shape";
import type { Taken } from "./take";
import type { Reading } from "./told";
import { WrongSignal } from "./wrong-signal";

/** Reads an export request, in slices between which other requests are answered. Throws `invalid` for a body of another signal, `malformed` for bytes that are no protobuf. */
export async function decode(
  signal: Signal,
  body: { json: unknown } | { bytes: Uint8Array },
  asked: Asked,
): Promise<Reading> {
  try {
    const slices = readInSlices(signal, "json" in body ? body : body.bytes, asked);
    for (;;) {
      const { done, value } = slices.next();
      if (done) return value;
      await yieldToEventLoop();
    }
  } catch (cause) {
    if (cause instanceof WrongSignal)
      throw new SentinelError("invalid", { detail: `${cause.message}: this one is for ${signal}.`, cause });
    if (!("bytes" in body)) throw cause;
    throw new SentinelError("malformed", { detail: `The body is not a protobuf export request for ${signal}.`, cause });
  }
}

const REJECTED: Record<Signal, string> = {
  traces: "rejectedSpans",
  metrics: "rejectedDataPoints",
  logs: "rejectedLogRecords",
};

/** The answer to an export request, in its encoding. 64-bit integers are texts in OTLP/JSON. */
export function answerOf(
  signal: Signal,
  { rejected, message }: Taken,
  json: boolean,
): { bytes: Uint8Array<ArrayBuffer>; type: string } {
  if (!json) return { bytes: writeAnswer(rejected, message), type: PROTOBUF };
  const partial = { [REJECTED[signal]]: String(rejected), errorMessage: message };
  const answer = rejected > 0 || message !== "" ? { partialSuccess: partial } : {};
  return { bytes: Buffer.from(JSON.stringify(answer)), type: "application/json" };
}
