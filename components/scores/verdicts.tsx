"use client";

import { Check, X } from "lucide-react";
import type { IncidentScoresAnswer, VerdictBody } from "@/lib/contracts/scores";
import type { IncidentSummary } from "@/lib/contracts/incidents";
import { useSession } from "@/components/access/session";
import { Button } from "@/components/ui/button";
import { useVerdict } from "./use-verdict";

type Incident = Pick<IncidentSummary, "id" | "closed_at">;

interface Question {
  field: keyof VerdictBody;
  text: string;
  /** What a yes to the question says of the decision: whether it was right. */
  yes: boolean;
}

/** Should it have been held? Of an agent that was not held, a yes says that this was wrong. A would-have hold is asked about on top of the page. */
const questionsOf = ({ asks, hold }: IncidentScoresAnswer): Question[] => [
  ...(asks.cause ? [{ field: "cause_right", text: "Was the cause right?", yes: true } as const] : []),
  ...(asks.remedy ? [{ field: "remedy_right", text: "Was the remedy right?", yes: true } as const] : []),
  ...(asks.hold && hold.decided !== "would_hold"
    ? [
        {
          field: "hold_right",
          text:
            hold.decided === "hold"
              ? "An agent was quarantined. Should it have been?"
              : "No agent was quarantined. Should one have been?",
          yes: hold.decided === "hold",
        } as const,
      ]
    : []),
];

/** What only people can say of how an incident was handled. They may change their mind. */
export function Verdicts({ incident, answer }: { incident: Incident; answer: IncidentScoresAnswer }) {
  const { decides } = useSession();
  const send = useVerdict(incident);
  const { scored } = answer;
  if (scored === null) return null;
  const questions = questionsOf(answer);
  if (questions.length === 0) return null;
  return (
    <div className="space-y-2 border-t px-4 py-3">
      <h3 className="eyebrow">
        {decides ? "Your verdict" : "Verdict"}
        {scored.verdict_by === null ? "" : ` · last by ${scored.verdict_by}`}
      </h3>
      <ul className="space-y-1.5">
        {questions.map(({ field, text, yes }) => {
          const right = scored.verdicts[field];
          const said = right === null ? null : right === yes;
          return (
            <li key={field} className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1 text-sm">
              <span>{text}</span>
              {decides ? (
                <span className="flex gap-1.5" role="group" aria-label={text}>
                  {[true, false].map((choice) => (
                    <Button
                      key={String(choice)}
                      size="sm"
                      look={said === choice ? "soft" : "plain"}
                      aria-pressed={said === choice}
                      busy={send.isPending && send.variables[field] === (choice === yes)}
                      onClick={() => said !== choice && send.mutate({ [field]: choice === yes })}
                    >
                      {choice ? <Check aria-hidden /> : <X aria-hidden />}
                      {choice ? "Yes" : "No"}
                    </Button>
                  ))}
                </span>
              ) : (
                <span className="text-ink-2">{said === null ? "no verdict" : said ? "Yes" : "No"}</span>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
