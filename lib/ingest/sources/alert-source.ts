import type { z } from "zod";
import { ALERT_BODY_BYTES, AlertsAnswer } from "@/lib/contracts/alerts";
import { type Resource, resource, type Signature } from "@/lib/contracts/endpoint";
import type { AlertSourceKind, TokenSource } from "@/lib/core/base/vocabulary";
import type { ParsedAlerts } from "./alert-parse";

/** Who sends alerts. GitHub sends changes, and Sentinel's own alerts come by no route. */
export type AlertSender = Exclude<AlertSourceKind, "github" | "sentinel">;

/** A sender of alerts: where it sends to, who may, and what its bodies say. */
export interface AlertSource {
  resource: Resource<{
    POST: {
      auth: "alertSource" | "signature";
      sender: AlertSender;
      signature: Signature | undefined;
      summary: string;
      body: z.ZodType;
      bodyDoc: z.ZodType | undefined;
      maxBytes: number;
      response: typeof AlertsAnswer;
      status: 202;
    };
  }>;
  /** The alerts of a body that its schema accepted. `now` is the time of arrival, in epoch ms. */
  parse: (body: unknown, now: number) => ParsedAlerts;
}

/**
 * Defines a sender of alerts, at `/api/v1/alerts/KIND`. `auth`: how its requests are authenticated, by a source's token or
 * by a signature of the body. `bodyDoc` stands for `body` in OpenAPI, where alerts are checked one by one.
 */
export function alertSource<K extends AlertSender, Body extends z.ZodType>(source: {
  kind: K;
  auth: K extends TokenSource ? "token" : Signature;
  summary: string;
  body: Body;
  bodyDoc?: z.ZodType;
  parse(body: z.output<Body>, now: number): ParsedAlerts;
}): AlertSource {
  const { summary, body, bodyDoc } = source;
  const kind: AlertSender = source.kind;
  const auth: "token" | Signature = source.auth;
  return {
    resource: resource(`/api/v1/alerts/${kind}`, {
      POST: {
        auth: auth === "token" ? "alertSource" : "signature",
        sender: kind,
        signature: auth === "token" ? undefined : auth,
        summary,
        body,
        bodyDoc,
        maxBytes: ALERT_BODY_BYTES,
        response: AlertsAnswer,
        status: 202,
      },
    }),
    // What comes here is what its own schema made of the request.
    parse: (checked, now) => source.parse(checked as z.output<Body>, now),
  };
}
