"use client";

import { Wrench } from "lucide-react";
import type { IncidentDetail } from "@/lib/contracts/incidents";
import type { ServiceStory } from "@/lib/contracts/services";
import { CopyBlock } from "@/components/settings/copy-block";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/feedback";
import { percent, sentence } from "@/components/ui/format";

/** What is left to a person where no operation on the allow-list suits the cause. */
export function ByHand({
  byHand,
  findings,
  onDone,
}: {
  byHand: NonNullable<ServiceStory["by_hand"]>;
  findings: IncidentDetail["findings"];
  onDone: (() => void) | undefined;
}) {
  const runbook = findings.find(({ kind }) => kind === "runbook");
  const { step, confidence, entries } = byHand;
  return (
    <Callout
      tone="accent"
      icon={Wrench}
      title="No operation on the allow-list suits this cause"
      actions={onDone ? <Button onClick={onDone}>Mark done by hand</Button> : undefined}
    >
      <p>
        If the first cause is right ({percent(confidence)}): <strong className="font-semibold">{sentence(step)}</strong>
      </p>
      {runbook ? (
        <p>
          Runbook: <span className="wrap-anywhere">{runbook.title}</span>
        </p>
      ) : null}
      {entries.length > 0 ? (
        <details className="mt-1">
          <summary className="cursor-pointer py-0.5 text-ink-2 hover:text-ink">
            Let Sentinel propose it the next time
          </summary>
          <div className="mt-2 space-y-3">
            <p className="text-ink-2">
              Add an entry to <code>operations</code> in the file that <code>SENTINEL_ACTIONS_FILE</code> names. Whether
              it then asks before it runs is up to your settings.
            </p>
            {entries.map(({ title, entry }) => (
              <div key={title} className="space-y-1">
                <p>{title}</p>
                <CopyBlock label={`entry: ${title}`} text={JSON.stringify(entry, null, 2)} />
              </div>
            ))}
          </div>
        </details>
      ) : null}
    </Callout>
  );
}
