import { expect, it } from "vitest";
import { IncidentsQuery } from "@/lib/contracts/incidents";
import { AgentsQuery } from "@/lib/contracts/agents";
import { ChangesQuery } from "@/lib/contracts/changes";
import { HealingQuery } from "@/lib/contracts/overview";
import { agentsFilter, loadAgentFilters } from "@/components/agents/filters";
import { changesFilter, loadChangeFilters } from "@/components/changes/filters";
import { healingFilter, loadHealingFilters } from "@/components/healing/filters";
import { incidentsFilter, loadIncidentFilters } from "@/components/incidents/filters";

/** What may stand in an address that was mistyped, cut off or made up. */
const WILD = ["anything", "", "-1", "99", "1e30", "99999999999999999999", "1.5", "' OR 1=1", "x".repeat(300), "null"];

it.each([
  ["/incidents", (q: string) => IncidentsQuery.safeParse(incidentsFilter(loadIncidentFilters(q))), ["state", "kind", "severity", "agent", "service", "before"]], // prettier-ignore
  ["/agents", (q: string) => AgentsQuery.safeParse(agentsFilter(loadAgentFilters(q))), ["q", "state", "type"]],
  ["/changes", (q: string) => ChangesQuery.safeParse(changesFilter(loadChangeFilters(q))), ["q", "of", "kind", "how", "before"]], // prettier-ignore
  ["/healing", (q: string) => HealingQuery.safeParse(healingFilter(loadHealingFilters(q))), ["outcome", "agent"]],
] as const)("%s asks the API for nothing that it refuses, whatever its address holds", (_, asked, names) => {
  for (const name of names)
    for (const value of WILD) {
      const { success, error } = asked(`?${name}=${encodeURIComponent(value)}`);
      expect([name, value, success, error?.message]).toEqual([name, value, true, undefined]);
    }
});

it("keeps what is within the limits", () => {
  expect(incidentsFilter(loadIncidentFilters("?severity=7&agent=a-1&before=1700000000000"))).toEqual({
    min_severity: 7,
    agent: "a-1",
    before: 1_700_000_000_000,
  });
});
