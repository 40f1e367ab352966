import { findingAnchor } from "./story";

/** Citations as links to the evidence. `refs`: what each finding is called. */
export function Cites({ ids, refs }: { ids: readonly string[]; refs: ReadonlyMap<string, string> }) {
  const known = ids.filter((id) => refs.has(id));
  if (known.length === 0) return <span className="text-xs text-ink-3">cites no evidence</span>;
  return (
    <span className="inline-flex flex-wrap gap-1 align-middle">
      {known.map((id) => (
        <a
          key={id}
          href={`#${findingAnchor(id)}`}
          aria-label={`Finding ${refs.get(id)}`}
          className="num inline-grid h-6 min-w-6 place-items-center rounded bg-accent-tint px-1 text-xs font-medium text-accent hover:underline"
        >
          {refs.get(id)}
        </a>
      ))}
    </span>
  );
}
