import Link from "next/link";

/** Leads to the incident that a row belongs to, if there is one. */
export const IncidentLink = ({ id }: { id: string | null }) =>
  id === null ? (
    <span className="text-ink-3">none</span>
  ) : (
    <Link href={`/incidents/${encodeURIComponent(id)}`} className="text-accent hover:underline">
      Open
    </Link>
  );
