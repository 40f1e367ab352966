import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { analyse } from "@/lib/core/causes/analyse";
import type { Analysis } from "@/lib/core/evidence/bundle";
import { bundleFromDocuments, type SourceDocument } from "@/lib/core/evidence/bundle-from-documents";
import type { Json } from "@/lib/core/evidence/bundle-times";
import { type Line, percent } from "../detection/table";

/** One case: what APIs answered, and apart from it what a person wrote as the answer. */
interface Case {
  suite: string;
  id: string;
  evidence: Record<string, unknown>;
  "answer.yml": string;
}

/** Hypotheses whose findings may hold the answer. */
const TOP = 3;
const HITS_WANTED = 0.5;

/**
 * Database and Kubernetes incidents of opensre: no healthy one may be called a fault, and all the words that an answer must have
 * should stand in the findings that the first three hypotheses cite. Documents that are not JSON are notes on the case (one kind
 * of them tells the answer) and are not read; nor is anything but the evidence until the analysis is done.
 */
export function opensre(directory: string): Promise<Line[]> {
  const file = join(directory, "incident_fixtures", "opensre_synthetic.jsonl.gz");
  const cases = gunzipSync(readFileSync(file))
    .toString("utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Case);
  const lines: Line[] = [];
  const count = { healthy: 0, accused: 0, faults: 0, missed: 0, hits: 0, faultHits: 0, ownHits: 0, slowest: 0 };
  for (const one of cases) {
    const begun = performance.now();
    const analysis = analyse(bundleFromDocuments(documentsOf(one)));
    count.slowest = Math.max(count.slowest, performance.now() - begun);
    const { category, keywords } = answerOf(one["answer.yml"]);
    const healthy = category === "healthy";
    const text = citedText(analysis, true);
    const own = citedText(analysis, false);
    const absent = keywords.filter((word) => !text.includes(word.toLowerCase()));
    const hit = absent.length === 0;
    const wrong = healthy && analysis.verdict === "fault";
    count[healthy ? "healthy" : "faults"]++;
    if (wrong) count.accused++;
    if (!healthy && analysis.verdict !== "fault") count.missed++;
    if (hit) count.hits++;
    if (keywords.every((word) => own.includes(word.toLowerCase()))) count.ownHits++;
    if (hit && !healthy) count.faultHits++;
    const first = analysis.hypotheses[0];
    lines.push({
      what: `${one.suite} ${one.id}`,
      target: healthy ? "not a fault" : "-",
      measured: `${analysis.verdict}; ${hit ? "hit" : `lacks ${absent.join(", ")}`}; ${first?.node ?? "-"} ${first?.kind ?? ""}`,
      met: wrong ? false : null,
    });
  }
  const share = count.hits / cases.length;
  return Promise.resolve([
    ...lines,
    {
      what: "healthy cases classified as a fault",
      target: "0",
      measured: `${count.accused} of ${count.healthy}`,
      met: count.accused === 0,
    },
    { what: "faults classified as no fault", target: "-", measured: `${count.missed} of ${count.faults}`, met: null },
    {
      what: "hits, all cases",
      target: `>= ${percent(HITS_WANTED)}`,
      measured: `${percent(share)} (${count.hits} of ${cases.length})`,
      met: share >= HITS_WANTED,
    },
    {
      what: "hits, faults alone",
      target: "-",
      measured: `${percent(count.faultHits / count.faults)} (${count.faultHits} of ${count.faults})`,
      met: null,
    },
    {
      what: "hits without what the alert itself says",
      target: "-",
      measured: `${percent(count.ownHits / cases.length)} (${count.ownHits} of ${cases.length})`,
      met: null,
    },
    {
      what: "slowest case",
      target: "< 1,000 ms",
      measured: `${count.slowest.toFixed(0)} ms`,
      met: count.slowest < 1000,
    },
  ]);
}

function documentsOf({ evidence }: Case): SourceDocument[] {
  return Object.entries(evidence)
    .filter(([name]) => name.endsWith(".json"))
    .map(([name, content]) => ({
      name,
      content: (typeof content === "string" ? JSON.parse(content) : content) as Json,
    }));
}

/** Text of the findings that the first hypotheses cite; without `alerts`, only what the analysis found beyond what fired. */
function citedText({ hypotheses, findings }: Analysis, alerts: boolean): string {
  const cited = new Set(hypotheses.slice(0, TOP).flatMap(({ cites }) => cites));
  return findings
    .filter(({ id, kind }) => cited.has(id) && (alerts || kind !== "alert"))
    .map(({ text }) => text.toLowerCase())
    .join("\n");
}

/** The two fields of the answer that are scored; it is YAML of one level of lists. */
function answerOf(yaml: string): { category: string; keywords: string[] } {
  const category = /^root_cause_category:\s*(\S+)/m.exec(yaml)?.[1] ?? "";
  const list = /^required_keywords:\s*\n((?:\s+-.*\n?|\s*#.*\n)+)/m.exec(yaml)?.[1] ?? "";
  const keywords = [...list.matchAll(/^\s+-\s*(.+?)\s*$/gm)].map(([, word]) => word!.replace(/^(["'])(.*)\1$/, "$2"));
  return { category, keywords };
}
