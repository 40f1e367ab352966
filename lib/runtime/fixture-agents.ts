import type { AgentEvent } from "@/lib/contracts/event";
import { listPendingApprovals } from "@/lib/db/queries/healing";
import { findDirective, getAgent } from "@/lib/db/queries/agents";
import { commandAgent } from "@/lib/response/agents/command";
import { commandIncident } from "@/lib/response/command-incident";
import type { Actor } from "@/lib/response/actor";
import { decide } from "@/lib/response/decide";
import { declare } from "@/lib/ingest/declare";
import { register } from "@/lib/ingest/register";
import { changeSettings } from "@/lib/response/settings";
import { type Fault, type TestFleet } from "./test-fleet";

/** Numbers with three digits: what a model call took is not known better, and the file stays small. */
const brief = (value: unknown) => (typeof value === "number" ? Number(value.toPrecision(3)) : value);
const flood: Fault = (event) => ({
  ...event,
  input_tokens: event.input_tokens! * 100,
  token_count: event.token_count! * 100,
  cost: event.cost! * 100,
});

const RESEARCH = ["r-1", "r-2", "r-3", "r-4", "r-5", "r-6"];
const WRITERS = ["w-1", "w-2", "w-3"];
const SUPPORT = ["s-1", "s-2", "s-3"];
const DATA = ["d-1", "d-2", "d-3"];
const AGENTS = [...RESEARCH, ...WRITERS, ...SUPPORT, ...DATA];
const typeOf = (id: string) => ({ r: "Research", w: "Writer", s: "Support", d: "Data" })[id[0]!]!;

/** Agents in every standing: healed, restricted, held and waiting, rejected, held by hand, observed only, asked to be loosened. */
export async function playAgents(fleet: TestFleet, person: Actor): Promise<void> {
  const { db } = fleet;
  const call = fleet.call.bind(fleet);
  fleet.call = (id, more) => {
    const event = call(id, { agent_type: typeOf(id), ...more });
    return Object.fromEntries(
      Object.entries(event).map(([name, value]) => [
        name,
        name === "timestamp" || name === "sequence" ? value : brief(value),
      ]),
    );
  };
  await fleet.treat("Research", "act", ["none"], 0);
  await fleet.treat("Writer", "act");
  await fleet.treat("Support", "observe");
  await fleet.treat("Data", "recommend", ["none"], 4);
  await changeSettings(db, { limits: { fleet_share: 1, type_share: 1, per_hour: 1_000 } }, person, fleet.now);
  for (const id of AGENTS)
    await register(
      db,
      fleet.key,
      {
        agent_id: id,
        agent_type: typeOf(id),
        enforcement: true,
        model: "m-1",
        provider: "acme",
        tools: ["search", "mail"],
        labels: { team: typeOf(id).toLowerCase() },
        environment: "production",
        version: "1.4.2",
      },
      fleet.now,
      fleet.config,
    );
  await fleet.learn(AGENTS, 50);
  await fleet.ticks(AGENTS, 2);
  const asked = (id: string) => async () => (await listPendingApprovals(db)).some(({ subjectId }) => subjectId === id);
  const decideFor = async (id: string, decision: "approve" | "reject") => {
    const approval = (await listPendingApprovals(db)).find(({ subjectId }) => subjectId === id)!;
    await decide(
      db,
      approval.id,
      { decision, digest: approval.digest, evidenceOpened: true, comment: "as seen" },
      person,
      fleet.now,
    );
  };

  // Healed by a fresh memory; by fewer calls, which stay reduced; by nothing, so that what was tried is undone and it stays held.
  fleet.faults.set("w-1", (event) => ((event.directive_version ?? 0) >= 2 ? event : flood(event)));
  fleet.faults.set("w-3", flood);
  let reduced = false;
  fleet.faults.set("w-2", (event) => (reduced ? event : { ...event, cost: event.cost! * 30 }));
  await fleet.until(
    AGENTS,
    async () => {
      reduced = (await findDirective(db, "w-2"))?.autonomy.level === "reduced";
      const states = [await fleet.state("w-1"), await fleet.state("w-2"), await fleet.state("w-3")];
      return reduced && states.join() === "healthy,healthy,exhausted";
    },
    300,
  );

  // Waiting for a decision; rejected; released by hand while it waited.
  for (const id of ["r-1", "r-2", "r-3", "r-4"]) {
    fleet.faults.set(id, flood);
    await fleet.until(AGENTS, asked(id), 20);
  }
  await decideFor("r-3", "reject");
  fleet.faults.delete("r-4");
  await commandAgent(db, "r-4", "release", "a test of ours", person, fleet.now);
  await fleet.ticks(AGENTS, 3);

  // Held and paused by hand; observed; recommended.
  await commandAgent(db, "r-5", "quarantine", "an audit", person, fleet.now);
  await commandAgent(db, "d-3", "pause", "a move", person, fleet.now);
  fleet.faults.set("s-1", flood);
  fleet.faults.set("d-1", flood);
  await fleet.until(AGENTS, asked("d-1"), 20);
  await fleet.ticks(AGENTS, 2);

  // Its host asks to be let off; a change that was announced, one that was not; a run with an outcome; a request sent twice.
  await register(db, fleet.key, { agent_id: "s-2", enforcement: false }, fleet.now, fleet.config);
  await declare(
    db,
    { subject_kind: "agent", subject_id: "d-2", kind: "prompt", from: "p-good", to: "p-2", note: "shorter" },
    person.name,
    fleet.now,
  );
  await fleet.ticks(AGENTS, 6, (id) => (id === "s-3" ? { prompt_hash: "p-unknown" } : {}));
  const run = { agent_id: "r-6", instance_id: "r-6-1", run_id: "r-6-said", timestamp: fleet.now };
  const events: Partial<AgentEvent>[] = [
    { ...run, kind: "run_start", sequence: 1_000_001 },
    { ...run, kind: "run_end", success: true, outcome: "completed", sequence: 1_000_002 },
    { ...run, kind: "outcome", label: "solved", score: 1, sequence: 1_000_003 },
  ];
  for (let times = 0; times < 2; times++) await fleet.sendOnce(events, "fixture-1");
  await fleet.sweep();
  await commandIncident(db, (await getAgent(db, "s-1")).incidentId!, "dismiss", "a load test", person, fleet.now);
  fleet.faults.delete("s-1");
  await fleet.ticks(AGENTS, 2);

  // One more than may be held; a provider that is slow for those that are free; a cure that is being measured.
  await changeSettings(db, { limits: { fleet_share: 0.05, type_share: 0.2, per_hour: 3 } }, person, fleet.now);
  fleet.faults.set("w-2", flood);
  await fleet.ticks(AGENTS, 4);
  for (const id of ["r-4", "r-6", "s-3", "d-2", "w-1"])
    fleet.faults.set(id, (event) => ({ ...event, latency_ms: event.latency_ms! * 12 }));
  await fleet.ticks(AGENTS, 8);
  await decideFor("r-2", "approve");
  fleet.faults.delete("r-2");
  await fleet.ticks(AGENTS, 3);
}
