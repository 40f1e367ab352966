import type { SubjectKind } from "@/lib/core/base/vocabulary";

/** The page of an agent or a service. */
export const subjectHref = ({ kind, id }: { kind: SubjectKind; id: string }): string =>
  `/${kind === "agent" ? "agents" : "services"}/${encodeURIComponent(id)}`;
