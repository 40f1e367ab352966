import Link from "next/link";
import { Frame } from "@/components/access/frame";
import { buttonStyle } from "@/components/ui/button";

export default function NotFound() {
  return (
    <Frame title="There is no such page" lead="The address may be mistyped, or what was there has been removed.">
      <Link href="/" className={buttonStyle({ look: "primary", size: "touch", className: "w-full" })}>
        To the overview
      </Link>
    </Frame>
  );
}
