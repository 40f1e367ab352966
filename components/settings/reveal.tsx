"use client";

import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { toast } from "@/components/ui/toast";

/** A secret that is shown this once. It is not kept anywhere on the page after it is closed. */
export function Reveal({ secret, label }: { secret: string; label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () =>
    navigator.clipboard.writeText(secret).then(
      () => setCopied(true),
      () => toast.error("The browser blocked clipboard access. Select the text and copy it manually."),
    );
  return (
    <div className="flex items-stretch gap-2">
      <code
        aria-label={label}
        className="min-w-0 flex-1 rounded-md bg-sunken px-2.5 py-2 font-mono text-xs wrap-anywhere select-all"
      >
        {secret}
      </code>
      <Button onClick={() => void copy()} className="h-auto">
        {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
        {copied ? "Copied" : "Copy"}
      </Button>
    </div>
  );
}
