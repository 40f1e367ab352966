/** An answer that cannot be used: too large, of another type than asked for, or sent elsewhere. */
export class UnusableAnswer extends Error {
  override readonly name = "UnusableAnswer";
}

/**
 * A fetch for JSON services that may misbehave. Redirects are refused (a key would travel with them), an answer that is
 * neither JSON nor an error is refused before its body is read, and the whole body is read here, under the request's own
 * signal, until `maxBytes`: neither an endless stream nor a huge answer reaches the parser. Throws UnusableAnswer.
 */
export function boundedFetch(maxBytes: number, fetcher: typeof fetch = fetch): typeof fetch {
  return async (input, init) => {
    const response = await fetcher(input, { ...init, redirect: "manual" });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      throw new UnusableAnswer(`redirected (${response.status})`);
    }
    const type = response.headers.get("content-type") ?? "";
    if (response.ok && !/^application\/([\w.-]+\+)?json\b/i.test(type)) {
      await response.body?.cancel();
      throw new UnusableAnswer(`answered ${type === "" ? "without a content type" : type.slice(0, 60)}, not JSON`);
    }
    const body = await readBody(response, maxBytes, init?.signal ?? null);
    return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers });
  };
}

async function readBody(response: Response, maxBytes: number, signal: AbortSignal | null): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const stop = () => void reader.cancel().catch(() => undefined);
  signal?.addEventListener("abort", stop, { once: true });
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      if (done) return text + decoder.decode();
      bytes += value.byteLength;
      if (bytes > maxBytes) throw new UnusableAnswer(`answered more than ${maxBytes} bytes`);
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
}
