import Link from "next/link";
import { Frame } from "@/components/access/frame";
import { buttonStyle } from "@/components/ui/button";

export default function NotFound() {
  return (
    <Frame title="Page not found" lead="Check the address; the page may have been removed.">
      <Link href="/" className={buttonStyle({ look: "primary", size: "touch", className: "w-full" })}>
        Go to the overview
      </Link>
    </Frame>
  );
}
