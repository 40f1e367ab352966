import { Button } from "./button";

/** Leads through a list from the newest to the oldest; nothing while all of it is on the screen. */
export function Pager({
  older,
  atNewest,
  onNewest,
  onOlder,
}: {
  older: boolean;
  atNewest: boolean;
  onNewest: () => void;
  onOlder: () => void;
}) {
  if (!older && atNewest) return null;
  return (
    <div className="mt-3 flex justify-between gap-2">
      <Button look="quiet" disabled={atNewest} onClick={onNewest}>
        Newest
      </Button>
      <Button disabled={!older} onClick={onOlder}>
        Older
      </Button>
    </div>
  );
}
