import { cleanName } from "./wire.js";

/** The first that is a text with something in it, as a name that Sentinel accepts. */
export const text = (...candidates: unknown[]) => {
  const found = candidates.find((c) => typeof c === "string" && c !== "");
  return typeof found === "string" ? cleanName(found) : undefined;
};
/** A count of tokens; undefined for what is none. */
export const count = (x: unknown) => (typeof x === "number" && Number.isFinite(x) && x >= 0 ? x : undefined);

/** An error as its kind and HTTP status. Never its message, which may quote the conversation. */
export function readError(error: unknown): { errorType: string; httpStatus: number | undefined } {
  const e = (typeof error === "object" && error !== null ? error : {}) as Record<string, unknown>;
  const inner = (e["response"] ?? {}) as Record<string, unknown>;
  const status = [e["status"], e["statusCode"], inner["status"]].find(
    (s) => Number.isInteger(s) && Number(s) >= 100 && Number(s) < 600,
  );
  const kind = text(
    e["code"],
    e["name"] === "Error" ? undefined : e["name"],
    (error as Error | undefined)?.constructor?.name,
  );
  return { errorType: kind ?? "unknown", httpStatus: typeof status === "number" ? status : undefined };
}

export const wasCancelled = (error: unknown, signal?: AbortSignal) =>
  signal?.aborted === true || (error instanceof Error && error.name === "AbortError");
