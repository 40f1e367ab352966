import type { ReactNode } from "react";
import { LoadError, Skeleton } from "./feedback";

/** What a panel needs of a query. */
interface Read<Data> {
  data: Data | undefined;
  error: Error | null;
  refetch: () => unknown;
}

/**
 * What a panel without a margin shows of what it reads: that it could not be loaded, that it is on its way, or what came. What came
 * once stays while it is read again, also when that fails.
 */
export function PanelContent<Data>({
  what,
  query: { data, error, refetch },
  children,
}: {
  /** In "Could not load …". */
  what: string;
  query: Read<Data>;
  children: (data: Data) => ReactNode;
}) {
  if (data !== undefined) return children(data);
  if (error === null) return <Skeleton className="m-4 h-24" />;
  return (
    <div className="p-4">
      <LoadError what={what} error={error} onRetry={() => void refetch()} />
    </div>
  );
}
