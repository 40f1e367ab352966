import { alertSource } from "../alert-source";
import { pagerDutySignature } from "./auth";
import { parsePagerDuty } from "./parse";
import { PagerDutyBody } from "./schema";

export const pagerduty = alertSource({
  kind: "pagerduty",
  auth: pagerDutySignature,
  summary: "Receives incidents from PagerDuty (webhooks version 3, signed)",
  body: PagerDutyBody,
  parse: parsePagerDuty,
});
