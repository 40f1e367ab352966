import type { AlertSourceKind } from "@/lib/core/base/vocabulary";
import { guide as alertmanager } from "./alertmanager/guide";
import { guide as datadog } from "./datadog/guide";
import { guide as generic } from "./generic/guide";
import { guide as github } from "./github/guide";
import { guide as grafana } from "./grafana/guide";
import type { Guide, Guided } from "./guide";
import { guide as pagerduty } from "./pagerduty/guide";

/** In the order in which the console lists them. */
export const GUIDES: Readonly<Record<Guided, Guide>> = { alertmanager, grafana, generic, datadog, pagerduty, github };
export const GUIDED = Object.keys(GUIDES) as Guided[];

export const sourceName = (kind: AlertSourceKind): string =>
  kind === "sentinel" ? "Sentinel itself" : GUIDES[kind].name;

/** Stands for the token wherever it is not at hand any more. */
const ELSEWHERE = "$SENTINEL_SOURCE_TOKEN";

/** What to set at the sender so that it reaches Sentinel at `origin`. `token`: only right after a source was made. */
export const guideOf = (kind: Guided, origin: string, token = ELSEWHERE): ReturnType<Guide["setUp"]> =>
  GUIDES[kind].setUp(`${origin}/api/v1/${kind === "github" ? "changes" : "alerts"}/${kind}`, token);
