import { CircleX } from "lucide-react";
import type { StepView } from "@/lib/contracts/services";
import { duration, integer } from "@/components/ui/format";
import { Clock } from "@/components/ui/time";
import { Author } from "./author";
import { SPECIALIST } from "./story";

/** Every step as it was written down: who asked for what, what came back, how long it took and what it cost. */
export function StepList({ steps }: { steps: readonly StepView[] }) {
  if (steps.length === 0) return <p className="mt-3 text-sm text-ink-2">No steps yet.</p>;
  return (
    <ol className="mt-3 divide-y rounded-md border" aria-label="Steps">
      {steps.map((step) => (
        <li key={step.seq} className="space-y-1 px-3 py-2 text-sm">
          <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <Clock at={step.started_at} className="num text-xs text-ink-3" />
            <span className="text-ink-2">{SPECIALIST[step.node] ?? step.node}</span>
            {step.tool ? <code className="font-mono text-xs font-medium">{step.tool}</code> : null}
            {step.ok ? null : (
              <span className="inline-flex items-center gap-1 text-xs text-hold">
                <CircleX className="size-3.5" aria-hidden /> failed
              </span>
            )}
            <span className="ml-auto flex flex-wrap items-center gap-x-2">
              {step.tokens > 0 ? (
                <span className="num text-xs text-ink-3">
                  {integer(step.tokens)} tokens, {step.usd.toFixed(4)} USD
                </span>
              ) : null}
              {step.tool ? <span className="num text-xs text-ink-3">{duration(step.ms)}</span> : null}
              <Author name={step.author} />
            </span>
          </p>
          {step.args === null ? null : (
            <p className="font-mono text-xs wrap-anywhere text-ink-3">{JSON.stringify(step.args)}</p>
          )}
          {step.preview ? (
            step.tool ? (
              <details>
                <summary className="w-fit rounded-sm text-xs text-ink-3 hover:text-ink">
                  Result
                  {step.digest ? <span className="font-mono"> · {step.digest.slice(0, 12)}</span> : null}
                </summary>
                <pre
                  tabIndex={0}
                  className="mt-1 max-h-48 overflow-auto rounded-md bg-sunken p-2 font-mono text-xs wrap-anywhere whitespace-pre-wrap"
                >
                  {step.preview}
                </pre>
              </details>
            ) : (
              <p className="break-words text-ink-2">{step.preview}</p>
            )
          ) : null}
        </li>
      ))}
    </ol>
  );
}
