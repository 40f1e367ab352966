import type { z } from "zod";
import { alertFrom, type AlertDraft, type ParsedAlerts, parseEach } from "../alert-parse";
import { WebhookAlert, type WebhookBody } from "./schema";

/** Alerts of a webhook of Alertmanager or Grafana. `now` is the time of arrival, in epoch ms. */
export function parseWebhook(source: "alertmanager" | "grafana", body: WebhookBody, now: number): ParsedAlerts {
  const parsed = parseEach(body.alerts, WebhookAlert, (alert) =>
    alertFrom(
      {
        source,
        ...ruleOf(alert),
        status: alert.status,
        labels: alert.labels,
        annotations: alert.annotations,
        fingerprint: alert.fingerprint,
        startsAt: alert.startsAt,
        endsAt: alert.endsAt,
        url: alert.generatorURL || alert.panelURL || alert.dashboardURL,
        value: firstValue(alert.values),
      },
      now,
    ),
  );
  parsed.truncated += body.truncatedAlerts ?? 0;
  return parsed;
}

/** Alerts that Grafana makes in a rule's place, and what they say of it. */
const IN_PLACE_OF_RULE: Record<string, string> = {
  DatasourceNoData: "no data",
  DatasourceError: "the rule could not be evaluated",
};
/** The same, where the alert keeps the rule's name. */
const STATE_REASONS: Record<string, string> = {
  NoData: IN_PLACE_OF_RULE.DatasourceNoData!,
  Error: IN_PLACE_OF_RULE.DatasourceError!,
};

/**
 * The rule that an alert is of, and a summary where the alert needs one. When a rule gets no data or cannot be evaluated,
 * Grafana sends an alert called DatasourceNoData or DatasourceError with the rule's name in `rulename`.
 */
function ruleOf({ labels, annotations }: z.output<typeof WebhookAlert>): Pick<AlertDraft, "name" | "summary"> {
  const said = labels.alertname ?? annotations?.title ?? "";
  const instead = own(IN_PLACE_OF_RULE, said);
  const name = (instead && labels.rulename) || said;
  const reason = instead ?? own(STATE_REASONS, annotations?.grafana_state_reason ?? "");
  if (!reason) return { name };
  const source = labels.datasource ?? labels.datasource_uid;
  const error = annotations?.Error ?? annotations?.error;
  return { name, summary: [`${name}: ${reason}${source ? ` from ${source}` : ""}${error ? `: ${error}` : ""}`] };
}
const own = (words: Record<string, string>, word: string) => (Object.hasOwn(words, word) ? words[word] : undefined);

/** Grafana's rules ask in A and reduce and compare in later letters: the first letter that has a number is what was measured. */
function firstValue(values: Record<string, unknown> | null | undefined): number | null {
  const letters = Object.keys(values ?? {}).toSorted();
  return letters.map((letter) => values![letter]).find((value) => typeof value === "number") ?? null;
}
