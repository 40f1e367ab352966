/** A JSON answer that also sets cookies. What needs neither returns plain data. */
export function jsonWithCookies(data: unknown, cookies: Headers): Response {
  const answer = Response.json(data, { headers: { "cache-control": "no-store" } });
  for (const cookie of cookies.getSetCookie()) answer.headers.append("set-cookie", cookie);
  return answer;
}

/** An answer that is no JSON of ours: bytes, and what they are. */
export const bytesAnswer = ({ bytes, type }: { bytes: Uint8Array<ArrayBuffer>; type: string }): Response =>
  new Response(bytes, { headers: { "content-type": type, "cache-control": "no-store" } });
