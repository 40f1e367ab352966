import { Button } from "@/components/ui/button";
import { type Preview, PreviewButton, PreviewOutcome } from "./preview";

/** Below a form of settings: to see what a change would have done, to drop it, to save it. `change` null: nothing was edited. */
export function DraftFooter({
  administers,
  preview,
  change,
  saving,
  onDiscard,
}: {
  administers: boolean;
  preview: Preview;
  change: Parameters<typeof PreviewOutcome>[0]["change"];
  saving: boolean;
  onDiscard: () => void;
}) {
  return (
    <>
      {administers ? (
        <div className="flex flex-wrap justify-end gap-2">
          {change ? <PreviewButton preview={preview} change={() => change} /> : null}
          <Button disabled={!change} onClick={onDiscard}>
            Discard
          </Button>
          <Button type="submit" look="primary" disabled={!change} busy={saving}>
            Save
          </Button>
        </div>
      ) : null}
      <PreviewOutcome preview={preview} change={change} />
    </>
  );
}
