"use client";

import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { toast } from "@/components/ui/toast";

/** Text to paste elsewhere, as it stands. */
export function CopyBlock({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState<string | null>(null);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(text),
      () => toast.error("The browser blocked clipboard access. Select the text and copy it manually."),
    );
  return (
    <div className="relative">
      <pre
        tabIndex={0}
        role="region"
        aria-label={label}
        className="max-h-80 overflow-auto rounded-md bg-sunken p-3 pr-24 font-mono text-xs"
      >
        {text}
      </pre>
      <Button size="sm" onClick={() => void copy()} className="absolute top-2 right-2" aria-label={`Copy ${label}`}>
        {copied === text ? <Check aria-hidden /> : <Copy aria-hidden />}
        {copied === text ? "Copied" : "Copy"}
      </Button>
    </div>
  );
}
