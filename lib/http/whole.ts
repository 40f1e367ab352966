/** Bodies that are in memory as a whole. A web stream around each would cost a hook more than all of its own work. */
interface Whole {
  requests: WeakMap<object, Buffer>;
  answers: WeakMap<object, string>;
}

/** One for the process: one Next process holds several copies of this module. */
const whole = (): Whole => {
  const global = globalThis as unknown as Record<symbol, Whole>;
  return (global[Symbol.for("sentinel.whole-bodies")] ??= { requests: new WeakMap(), answers: new WeakMap() });
};

/**
 * A request with a body that was read already: what handlers ask of one, without the machinery of a fetch. `signal` is only called
 * for handlers that ask for it: a controller costs more than a hook's whole decision.
 */
export function wholeRequest(url: string, headers: Headers, body: Buffer, signal: () => AbortSignal): Request {
  const request = {
    method: "POST",
    url,
    headers,
    get signal() {
      return signal();
    },
    /** Only for whoever streams: who reads all of it finds the bytes by `wholeBody`. */
    get body() {
      return body.length === 0 ? null : new Response(new Uint8Array(body)).body;
    },
  };
  whole().requests.set(request, body);
  return request as Request;
}

/** The bytes of a request that was read already; undefined: it has to be read. */
export const wholeBody = (request: Request): Buffer | undefined => whole().requests.get(request);

/** As `Response.json`. To a whole request the text is answered beside the response, and found by `wholeText`. */
export function jsonAnswer(
  request: Request,
  data: unknown,
  { status, headers }: { status: number; headers: Record<string, string> },
): Response {
  const text = JSON.stringify(data);
  const isWhole = whole().requests.has(request);
  const answer = new Response(isWhole ? null : text, {
    status,
    headers: { ...headers, "content-type": "application/json" },
  });
  if (isWhole) whole().answers.set(answer, text);
  return answer;
}

/** The text of an answer; undefined: it has to be read. */
export const wholeText = (answer: Response): string | undefined => whole().answers.get(answer);
