import type { Metadata } from "next";
import { Setup } from "@/components/access/setup";

export const metadata: Metadata = { title: "Set up", referrer: "no-referrer" };

export default function SetupPage() {
  return <Setup />;
}
