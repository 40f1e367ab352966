import { expect, it } from "vitest";
import { INCIDENT_STATES } from "../base/vocabulary";
import { currentMessages } from "./current-messages";

const WRITTEN = {
  summary: [
    "Impact: checkout, severity 6 of 10.",
    "Next: restart on checkout: it was out of memory. Nothing runs until it is decided.",
    "Status: investigated; the proposed action has not run.",
    "Next update: when the action is decided, and again when its effect has been measured.",
  ].join("\n"),
  slack: JSON.stringify({
    text: "inc: checkout",
    blocks: [
      "*inc: checkout*",
      "*Status*\ninvestigated; the proposed action has not run.",
      "*Next update*\nwhen the action is decided, and again when its effect has been measured.",
    ].map((text) => ({ type: "section", text: { type: "mrkdwn", text, verbatim: true } })),
  }),
  statusLine: "checkout: we are investigating a disruption since about 10:39 UTC.",
};
const AT = Date.UTC(2026, 0, 5, 11, 2);

it("is what was written until something is done about it", () => {
  for (const state of ["open", "investigating", "awaiting_approval"] as const)
    expect(currentMessages(WRITTEN, { state, closedAt: null, outcome: null })).toEqual(WRITTEN);
});

it("says of a resolved incident that it is over, when, and how", () => {
  const { summary, slack, statusLine } = currentMessages(WRITTEN, {
    state: "resolved",
    closedAt: AT,
    outcome: "back in band <b>\nsince the restart.",
  });
  expect(summary!.split("\n")).toEqual([
    "Impact: checkout, severity 6 of 10.",
    "Next: restart on checkout: it was out of memory.",
    "Status: resolved at 11:02 UTC: back in band <b> since the restart.",
    "Next update: none; the incident is closed.",
  ]);
  expect((JSON.parse(slack!) as { blocks: { text: { text: string } }[] }).blocks.map(({ text }) => text.text)).toEqual([
    "*inc: checkout*",
    "*Status*\nresolved at 11:02 UTC: back in band &lt;b&gt; since the restart.",
    "*Next update*\nnone; the incident is closed.",
  ]);
  expect(statusLine).toBe("checkout: the disruption since about 10:39 UTC ended at 11:02 UTC.");
});

it.each(INCIDENT_STATES.filter((state) => !["open", "investigating", "awaiting_approval"].includes(state)))(
  "says of an incident that is %s nothing that is no longer so",
  (state) => {
    const closed = state === "resolved" || state === "dismissed";
    const said = Object.values(currentMessages(WRITTEN, { state, closedAt: closed ? AT : null, outcome: null })).join("\n"); // prettier-ignore
    expect(said).not.toMatch(/has not run|until it is decided|when the action is decided/);
    if (closed) expect(said).not.toMatch(/we are investigating|when /);
  },
);

it("leaves alone what is not in these words, and what is missing", () => {
  const resolved = { state: "resolved", closedAt: AT, outcome: null } as const;
  expect(currentMessages({ summary: null, slack: "not json", statusLine: "x" }, resolved)).toEqual({ summary: null, slack: "not json", statusLine: "x" }); // prettier-ignore
});
