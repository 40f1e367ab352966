import { Clapperboard } from "lucide-react";
import { Badge } from "@/components/ui/badge";

/** Beside whatever belongs to a drill, so that nobody takes it for real. */
export const DrillBadge = () => (
  <Badge tone="proof" icon={Clapperboard} title="A recorded incident, replayed in a sandbox">
    Drill
  </Badge>
);
