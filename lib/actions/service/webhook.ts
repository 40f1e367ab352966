import { redact } from "@/lib/core/evidence/redact";
import { type Answer, exchange } from "@/lib/exchange";
import type { WebhookSpec } from "./entry";
import type { OperationPorts, Performed, Prepared } from "./operation";

/** Of what the receiver answers, so much is kept. Characters. */
const ANSWER_CHARS = 4_000;

/** The body as it is sent: the entry's own, else an event in the form that Standard Webhooks recommends. */
export const webhookBody = (
  { entry, service, args }: Prepared,
  { body }: WebhookSpec,
  run: string,
  now: number,
): Record<string, unknown> =>
  body ?? {
    type: "sentinel.operation",
    timestamp: new Date(now).toISOString(),
    data: { run, operation: entry.name, service, args },
  };

/**
 * Calls it once, signed by Standard Webhooks (id, timestamp, HMAC-SHA256 over both and the body); the id is the run's, so
 * that a receiver can tell a repetition. Redirects are not followed: the signature is for one receiver.
 */
export async function callWebhook(
  prepared: Prepared,
  spec: WebhookSpec,
  ports: OperationPorts,
  idempotencyKey: string,
): Promise<Performed> {
  const now = ports.now();
  const at = new Date(now);
  const body = JSON.stringify(webhookBody(prepared, spec, idempotencyKey, now));
  const { hostname } = new URL(spec.url);
  const answer = await exchange(spec.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "user-agent": "sentinel",
      "webhook-id": idempotencyKey,
      "webhook-timestamp": String(Math.floor(now / 1_000)),
      "webhook-signature": spec.sign(idempotencyKey, at, body),
    },
    body,
    signal: AbortSignal.timeout(spec.timeoutMs),
  });
  return {
    ok: answer.kind === "answered" && answer.status >= 200 && answer.status < 300,
    detail: said(answer, hostname),
    result: {
      url: spec.url,
      body: JSON.parse(body) as unknown,
      ...(answer.kind === "answered"
        ? { status: answer.status, answer: redact(answer.text.slice(0, ANSWER_CHARS)).text }
        : { failure: answer.reason }),
    },
  };
}

function said(answer: Answer, host: string): string {
  if (answer.kind === "no_answer")
    return `${host} did not answer (${answer.reason}); it is unknown whether it took effect`;
  if (answer.status >= 300 && answer.status < 400)
    return `${host} answered with a redirect (${answer.status}), which is not followed`;
  return `${host} answered ${answer.status}`;
}
