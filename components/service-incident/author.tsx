import { Bot, Calculator } from "lucide-react";
import { Badge } from "@/components/ui/badge";

/** Who wrote something: the analysis of Sentinel itself, or a model by its name. */
export const Author = ({ name }: { name: string }) =>
  name === "local" ? (
    <Badge icon={Calculator} title="Computed by Sentinel itself, without a model">
      Local analysis
    </Badge>
  ) : (
    <Badge tone="heal" icon={Bot} title="Written by a model; its citations were checked">
      {name}
    </Badge>
  );
