import type { AlertSender, AlertSource } from "./alert-source";
import { alertmanager } from "./alertmanager/index";
import { datadog } from "./datadog/index";
import { generic } from "./generic/index";
import { grafana } from "./grafana/index";
import { pagerduty } from "./pagerduty/index";

/** Every sender of alerts, by its kind: the last part of its path. In the order in which the API is read. */
export const ALERT_SENDERS = {
  alertmanager,
  grafana,
  generic,
  pagerduty,
  datadog,
} as const satisfies Record<AlertSender, AlertSource>;
