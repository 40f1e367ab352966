import type { AuditEntryView } from "@/lib/contracts/audit";
import { Dialog } from "@/components/ui/dialog";
import { integer } from "@/components/ui/format";
import { Clock } from "@/components/ui/time";
import { ACTOR } from "./words";

/** Everything that an entry holds. */
export function EntryDialog({ entry, onClose }: { entry: AuditEntryView | null; onClose: () => void }) {
  return (
    <Dialog
      wide
      open={entry !== null}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={entry ? `Entry ${integer(entry.seq)}: ${entry.action}` : ""}
    >
      {entry ? (
        <dl className="grid gap-x-6 gap-y-2 text-sm sm:grid-cols-[auto_1fr]">
          <Fact label="Time">
            <Clock at={entry.at} />
          </Fact>
          <Fact label="Actor">
            {entry.actor.name} <span className="text-ink-3">({ACTOR[entry.actor.kind]})</span>
          </Fact>
          <Fact label="Actor ID">
            <code>{entry.actor.id || "none"}</code>
          </Fact>
          <Fact label="Subject">
            {entry.subject.kind} <code>{entry.subject.id}</code>
          </Fact>
          <Fact label="Details">
            <pre className="num overflow-x-auto rounded-md bg-hover p-2 text-xs whitespace-pre-wrap" tabIndex={0}>
              {JSON.stringify(entry.details, null, 2)}
            </pre>
          </Fact>
          <Fact label="Hash">
            <code className="text-xs">{entry.hash}</code>
          </Fact>
          <Fact label="Previous hash">
            <code className="text-xs">{entry.prev}</code>
          </Fact>
        </dl>
      ) : null}
    </Dialog>
  );
}

const Fact = ({ label, children }: { label: string; children: React.ReactNode }) => (
  <>
    <dt className="text-ink-3">{label}</dt>
    <dd className="min-w-0 wrap-anywhere">{children}</dd>
  </>
);
