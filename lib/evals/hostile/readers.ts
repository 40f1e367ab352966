import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDatadog } from "@/lib/ingest/sources/datadog/parse";
import { parseGeneric } from "@/lib/ingest/sources/generic/parse";
import { GenericBody } from "@/lib/ingest/sources/generic/schema";
import { parsePagerDuty } from "@/lib/ingest/sources/pagerduty/parse";
import { parseWebhook } from "@/lib/ingest/sources/alertmanager/parse";
import { AgentEvent } from "@/lib/contracts/event";
import { parseGithub } from "@/lib/ingest/sources/github/parse";
import { RegisterBody } from "@/lib/contracts/ingest";
import { parseLines, PUSHED_LINE_CHARS } from "@/lib/contracts/logs";
import { nameText } from "@/lib/contracts/plain-text";
import { plainEvent } from "@/lib/contracts/plain-event";
import { serviceOf } from "@/lib/core/alerts/alert-service";
import { ALERT_LIMITS, cleanText } from "@/lib/core/alerts/alert-text";
import { bundleFromDocuments } from "@/lib/core/evidence/bundle-from-documents";
import { markOf } from "@/lib/core/evidence/bundle-marks";
import { timedLines } from "@/lib/core/evidence/bundle-times";
import { affinityOfText } from "@/lib/core/causes/cause-kinds";
import { toneOf } from "@/lib/core/evidence/fault-words";
import { claimsOf } from "@/lib/core/causes/ground";
import { findInstructions } from "@/lib/core/evidence/instructions";
import { RULES } from "@/lib/core/evidence/instructions-rules";
import { groupLines } from "@/lib/core/evidence/log-findings";
import { maskLine } from "@/lib/core/evidence/log-masks";
import { messageOf, withoutColours } from "@/lib/core/evidence/log-message";
import { mineTemplates } from "@/lib/core/evidence/log-templates";
import { globFits } from "@/lib/core/alerts/maintenance";
import { redact } from "@/lib/core/evidence/redact";
import { UTC } from "@/lib/core/base/time-zone";
import { comparison, measurable, metricsIn } from "@/lib/evidence/alert-query";
import { fullTextQuery } from "@/lib/evidence/full-text";
import { learnClock } from "@/lib/evidence/log-clock";
import { readFileWindow } from "@/lib/evidence/log-file";
import { namesOf } from "@/lib/evidence/log-file-names";
import { jsonRecord, timesOf } from "@/lib/evidence/log-record";
import { FORMS } from "@/lib/evidence/log-time-forms";
import { selector } from "@/lib/evidence/promql";
import { readRunbook } from "@/lib/evidence/runbook-text";
import { parseJson } from "@/lib/http/json";
import { parseExposition } from "@/lib/scrape/exposition";
import { parsePromql } from "@/lib/scrape/promql";
import { number, truth } from "../detection/cells";
import { rowsOf } from "../detection/rows";
import { parseTime, PLAIN_TIMES } from "../detection/times";
import { sampleReaders } from "./sender-samples";

/** A function that reads text from outside, whole: what stands around its patterns is measured with them. */
export interface Reader {
  what: string;
  /** What is beyond so many characters is not read: what it costs up to there is measured on pieces of this length. */
  cap?: number;
  /** What it throws for a bad text is an answer too. */
  read: (text: string) => unknown;
  /** Files whose patterns have texts made against them. */
  files?: readonly string[];
  /** Patterns that are put together and stand in no file as such. */
  patterns?: readonly RegExp[];
}

const NOW = Date.UTC(2026, 10, 27);
const HINT = { newest: NOW / 1_000, zone: UTC };
const DAY_S = 86_400;
const LINES = 5_000;
const linesIn = (text: string): string[] => text.split("\n");

/** A text as the one value of everything that takes a text, as the names of things, and cut up into many. */
const labelsOf = (text: string): Record<string, string> => ({
  alertname: text,
  service: text,
  pod: text,
  namespace: text,
  job: text,
  instance: text,
  severity: text,
  [text]: text,
});
const manyLabels = (text: string): Record<string, string> =>
  Object.fromEntries(text.split(/[,\n]/).map((part, i) => [`${part.slice(0, 20)}${i}`, part]));

function webhook(text: string) {
  const labels = labelsOf(text);
  const note = { summary: text, description: text, title: text, value: text };
  parseWebhook("grafana", { alerts: [{ status: "firing", labels, annotations: note, fingerprint: text, generatorURL: text, startsAt: text }] }, NOW); // prettier-ignore
  parseWebhook("alertmanager", { alerts: [{ status: "firing", labels, annotations: note, fingerprint: text, generatorURL: text }] }, NOW); // prettier-ignore
  return parseWebhook("alertmanager", { alerts: [{ status: "firing", labels: manyLabels(text), annotations: manyLabels(text) }] }, NOW); // prettier-ignore
}

function generic(text: string) {
  const alert = { name: text, service: text, severity: text, id: text, summary: text, description: text, url: text, tags: text }; // prettier-ignore
  for (const one of [
    alert,
    { ...alert, starts_at: text, value: text, status: text },
    { title: text, labels: labelsOf(text) },
    { name: "a", labels: manyLabels(text) },
  ])
    // prettier-ignore
    parseGeneric(GenericBody.parse(one), NOW);
}

function pagerDuty(text: string) {
  const data = { id: text, status: "triggered", title: text, incident_key: text, html_url: text, urgency: text, service: { summary: text }, priority: { summary: text }, escalation_policy: { summary: text } }; // prettier-ignore
  const occurred_at = "2026-11-27T00:00:00Z";
  parsePagerDuty({ event: { event_type: "incident.triggered", occurred_at, data } }, NOW);
  parsePagerDuty({ event: { event_type: "incident.triggered", occurred_at: text, data } }, NOW);
  return parsePagerDuty({ event: { event_type: text, occurred_at, data } }, NOW);
}

function datadog(text: string) {
  const alert = { alert_id: text, title: text, transition: "triggered", type: text, priority: text, scope: text, metric: text, query: text, status: text, message: text, host: text, tags: text, link: text, date: text }; // prettier-ignore
  parseDatadog(alert, NOW);
  return parseDatadog({ ...alert, transition: text }, NOW);
}

function github(text: string) {
  const repository = { full_name: text, name: text, default_branch: text };
  const rules = [{ repository: "*a*", service: "s", path: "*a*b*" }];
  const head_commit = { message: text };
  for (const [event, body] of [
    ["push", { repository, ref: `refs/heads/${text}`, before: text, after: text, head_commit, commits: [{ added: linesIn(text) }] }], // prettier-ignore
    ["workflow_run", { repository, action: "completed", workflow_run: { id: 1, name: text, head_branch: text, head_sha: text, conclusion: "success", display_title: text, updated_at: "2026-11-27T00:00:00Z", head_commit } }], // prettier-ignore
    ["deployment_status", { repository, deployment_status: { state: "success", created_at: "2026-11-27T00:00:00Z", environment: text, description: text }, deployment: { id: 1, sha: text, ref: text, environment: text, description: text } }], // prettier-ignore
    [text, {}],
  ] as const)
    parseGithub(event, body, rules, NOW);
}

/** An event that says the text in every field. */
function event(text: string) {
  const raw = Object.fromEntries(Object.keys(AgentEvent.shape).map((name) => [name, text]));
  for (const one of [
    raw,
    { agent_id: text, [text]: 1 },
    { agent_id: "a", model: text, attributes: { [text]: text } },
    { agent_id: "a", attributes: manyLabels(text) },
  ]) {
    // prettier-ignore
    plainEvent(one, () => undefined);
    AgentEvent.safeParse(one);
  }
}

const register = (text: string) =>
  RegisterBody.safeParse({ agent_id: text, agent_type: text, model: text, mcp_servers: linesIn(text), tools: linesIn(text), labels: manyLabels(text), version: text }); // prettier-ignore

/** Lines as evidence, through everything that reads them without a model. */
const grouped = (text: string) =>
  groupLines(
    {
      target: { node: "a", at: 0 },
      nodes: [{ id: "a" }],
      edges: [],
      metrics: [],
      logs: linesIn(text).map((line, t) => ({ t, node: "a", line })),
      spans: [],
      changes: [],
      normal: { metrics: [], logs: [], spans: [] },
    },
    null,
  );

/** As JSON where it is some, else as text. */
function documents(text: string) {
  let content: never;
  try {
    content = JSON.parse(text) as never;
  } catch {
    content = [
      { message: text, timestamp: NOW, service: text },
      { name: text, tags: text, values: linesIn(text) },
    ] as never;
  }
  bundleFromDocuments([{ name: "a", content: text }]);
  return bundleFromDocuments([{ name: text.slice(0, 200), content }]);
}

/** Reads a file with that text; the file is written before the clock starts only once for each text. */
async function throughFile(name: string, text: string, read: (path: string) => Promise<unknown>): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "sentinel-hostile-"));
  try {
    const path = join(folder, name);
    writeFileSync(path, text);
    return await read(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const logFile = (text: string) =>
  throughFile("a.log", text, (path) =>
    readFileWindow(path, {
      from: 0,
      to: NOW / 1_000 + 10 * DAY_S,
      limit: LINES,
      maxBytes: Number.MAX_SAFE_INTEGER,
      wanted: () => true,
      zone: UTC,
      signal: new AbortController().signal,
    }),
  );

const rowsIn = (name: string, text: string) =>
  throughFile(name, text, async (path) => {
    for await (const row of rowsOf(path)) if (Object.hasOwn(row, "never")) break;
  });

function times(text: string) {
  const lines = linesIn(text);
  const clock = learnClock(lines.slice(0, LINES), HINT);
  if (clock) for (const line of lines) clock.timeOf(line);
}

function cells(text: string) {
  for (const style of ["plain", "decimal comma", "thousands comma"] as const) tried(() => number(text, 1, "a", style));
  tried(() => truth(text, 1, "a"));
  return parseTime(text, PLAIN_TIMES);
}

function tried(read: () => unknown): void {
  try {
    read();
  } catch {
    // A refusal is an answer.
  }
}

/** Everything that reads text from outside before anybody has judged it. */
export const READERS: readonly Reader[] = [
  { what: "redaction", cap: 200_000, read: redact, files: ["lib/core/evidence/redact.ts"] },
  { what: "orders in text", cap: 100_000, read: findInstructions, files: ["lib/core/evidence/instructions.ts", "lib/core/evidence/instructions-views.ts"], patterns: RULES.map(({ pattern }) => pattern) }, // prettier-ignore
  { what: "masks of a line", cap: 2_000, read: maskLine },
  { what: "log templates", read: (text) => mineTemplates(linesIn(text)), files: ["lib/core/evidence/log-templates.ts"] },
  { what: "messages of lines (JSON, CRI, journald)", cap: 64_000, read: messageOf, files: ["lib/core/evidence/log-message.ts"] },
  { what: "terminal colours", read: withoutColours, files: ["lib/core/evidence/log-message.ts"] },
  { what: "times of log lines", read: times, files: ["lib/evidence/log-clock.ts"], patterns: FORMS.map(({ pattern }) => pattern) }, // prettier-ignore
  { what: "times in JSON lines", cap: 64 * 1024, read: (text) => [...timesOf(jsonRecord(text) ?? { time: text })], files: ["lib/evidence/log-record.ts"] }, // prettier-ignore
  { what: "log files", read: logFile, files: ["lib/evidence/log-file.ts"] },
  { what: "names of log files", cap: 255, read: namesOf, files: ["lib/evidence/log-file-names.ts"] },
  { what: "lines pushed over HTTP", cap: PUSHED_LINE_CHARS, read: (text) => parseLines([{ service: text, line: text, level: text, timestamp: text }, { service: "a", line: text }]), files: ["lib/contracts/logs.ts"] }, // prettier-ignore
  { what: "tone of a line", cap: 2_000, read: toneOf, files: ["lib/core/evidence/fault-words.ts"] },
  { what: "what a line speaks for", cap: 2_000, read: affinityOfText, files: ["lib/core/causes/cause-kinds.ts"] },
  { what: "lines as evidence", read: grouped, files: ["lib/core/evidence/bundle-records.ts", "lib/core/evidence/template-changes.ts"] },
  { what: "documents of other tools", read: documents, files: ["lib/core/evidence/bundle-times.ts", "lib/core/evidence/bundle-records.ts", "lib/core/evidence/bundle-from-documents.ts", "lib/core/evidence/bundle-series.ts"] }, // prettier-ignore
  { what: "lines of other tools' logs", read: (text) => timedLines(text, null).map(({ line }) => markOf(line)), files: ["lib/core/evidence/bundle-times.ts", "lib/core/evidence/bundle-marks.ts"] }, // prettier-ignore
  { what: "runbooks", read: readRunbook, files: ["lib/evidence/runbook-text.ts"] },
  { what: "words of a search", read: fullTextQuery, files: ["lib/evidence/full-text.ts"] },
  { what: "PromQL", cap: 10_000, read: parsePromql, files: ["lib/scrape/promql.ts"] },
  { what: "comparisons in PromQL", read: comparison, files: ["lib/evidence/alert-query.ts"] },
  { what: "metrics in PromQL, links of alerts", cap: 10_000, read: (text) => [metricsIn(text), measurable(`http://a/graph?g0.expr=${text}`)] }, // prettier-ignore
  { what: "selectors of PromQL", read: (text) => selector({ service: text }) },
  { what: "scraped metrics", read: parseExposition, files: ["lib/scrape/exposition.ts"] },
  { what: "JSON bodies", read: (text) => parseJson(Buffer.from(text)), files: ["lib/http/json.ts"] },
  { what: "alerts of Alertmanager and Grafana", read: webhook, files: ["lib/ingest/sources/alert-parse.ts", "lib/core/base/amounts.ts"] }, // prettier-ignore
  { what: "alerts of other tools", read: generic, files: ["lib/ingest/sources/generic/dialects.ts"] },
  { what: "alerts of PagerDuty", read: pagerDuty },
  { what: "alerts of Datadog", read: datadog, files: ["lib/ingest/sources/datadog/parse.ts", "lib/ingest/sources/datadog/schema.ts"] },
  ...sampleReaders(NOW),
  { what: "deliveries of GitHub", read: github, files: ["lib/ingest/sources/github/parse.ts"] },
  { what: "the service of an alert", read: (text) => [serviceOf(labelsOf(text), text), serviceOf({ pod: text }, text), serviceOf({ replicaset: text, job_name: text }, text)], files: ["lib/core/alerts/alert-service.ts", "lib/core/alerts/workload.ts"] }, // prettier-ignore
  { what: "texts of alerts", read: (text) => [cleanText(text, ALERT_LIMITS.summary), cleanText(text, text.length, true)], files: ["lib/core/alerts/alert-text.ts"] }, // prettier-ignore
  { what: "events of agents", read: event },
  { what: "registrations of agents", read: register },
  { what: "names", read: (text) => nameText(200).safeParse(text), files: ["lib/contracts/plain-text.ts"] },
  { what: "patterns of names", read: (text) => globFits("*a*b*1*", text) },
  { what: "sentences of a model", read: claimsOf, files: ["lib/core/causes/ground.ts"] },
  { what: "CSV files", read: (text) => rowsIn("a.csv", text), files: ["lib/evals/detection/rows.ts"] },
  { what: "files of JSON lines", read: (text) => rowsIn("a.jsonl", text), files: ["lib/evals/detection/rows.ts"] },
  { what: "numbers and times in files", read: cells, files: ["lib/evals/detection/cells.ts", "lib/evals/detection/times.ts"] }, // prettier-ignore
]; // prettier-ignore
