import { VenetianMask } from "lucide-react";
import Link from "next/link";
import { Badge } from "@/components/ui/badge";
import { Callout } from "@/components/ui/feedback";
import { firstDifference } from "./first-difference";

const words = (other: string) => `Looks like ${other}, but is a different name`;

/** Where two names that cannot be told apart differ. */
function difference(name: string, other: string): string {
  const [here, there] = firstDifference(name, other);
  return `This name has ${here} where the other has ${there}.`;
}

/** Warns that a name is easily taken for another, where there is room for a line. */
export const LookAlikeBadge = ({ name, other, what }: { name: string; other: string; what?: string }) => (
  <Badge tone="warn" icon={VenetianMask} title={`${words(other)}. ${difference(name, other)}`}>
    {/* Of a long name the middle of the line gives way, not what is said of it. */}
    <span className="flex">
      <span className="truncate">
        {what ? `${what} looks` : "Looks"} like {other}
      </span>
      <span className="shrink-0">, but is a different name</span>
    </span>
  </Badge>
);

/** The same on a page of its own, with the way to the other one. */
export const LookAlikeNote = ({ name, other, href }: { name: string; other: string; href: string }) => (
  <Callout tone="warn" icon={VenetianMask} title={words(other)}>
    {difference(name, other)} Check which one you mean before you act:{" "}
    <Link href={href} className="font-medium underline">
      show the other
    </Link>
    .
  </Callout>
);
