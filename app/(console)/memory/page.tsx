import type { Metadata } from "next";
import { MemoryScreen } from "@/components/memory/memory-screen";
import { Hydrated } from "@/app/(console)/hydrated";
import { readMemory } from "@/app/(console)/reads";

export const metadata: Metadata = { title: "Learned patterns" };

export default function MemoryPage() {
  return (
    <Hydrated queries={[readMemory]}>
      <MemoryScreen />
    </Hydrated>
  );
}
