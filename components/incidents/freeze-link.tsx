"use client";

import { Snowflake } from "lucide-react";
import { PATHS } from "@/lib/contracts/paths";
import { useSession } from "@/components/access/session";
import { href } from "@/components/api";
import { useDrill } from "@/components/drills/world";
import { buttonStyle } from "@/components/ui/button";

/** Downloads an incident as a case. For operators; a drill is a case already. */
export function FreezeLink({ id, size = "md" }: { id: string; size?: "sm" | "md" }) {
  const { decides } = useSession();
  const drill = useDrill();
  if (!decides || drill !== null) return null;
  return (
    <a
      href={href(PATHS.INCIDENT_CASE, { params: { id } })}
      download={`${id}.case.json`}
      title="Downloads a redacted test case. Fill in the expected answer before running it."
      className={buttonStyle({ size })}
    >
      <Snowflake aria-hidden /> Export as test case
    </a>
  );
}
