/** What came back of a request. `text` is the body, cut at the limit. */
export type Answer =
  | { kind: "answered"; status: number; headers: Headers; text: string; whole: boolean }
  /** Whether the request arrived is not known. */
  | { kind: "no_answer"; reason: string };

/** GitHub's answers on commits with hundreds of files reach a few megabytes. */
const MAX_BYTES = 16_000_000;

/** One request and its whole answer, under the request's own signal. Follows no redirect, reads no endless answer, never throws. */
export async function exchange(url: string, init: RequestInit & { signal: AbortSignal }): Promise<Answer> {
  try {
    const response = await fetch(url, { ...init, redirect: "manual" });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes > MAX_BYTES) break;
    }
    const text = new TextDecoder().decode(Buffer.concat(chunks));
    return { kind: "answered", status: response.status, headers: response.headers, text, whole: bytes <= MAX_BYTES };
  } catch (error) {
    if (error instanceof Error && error.name === "TimeoutError") return { kind: "no_answer", reason: "too slow" };
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "no connection";
    return { kind: "no_answer", reason: code };
  }
}
