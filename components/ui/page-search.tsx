"use client";

import { Search } from "lucide-react";
import { cn } from "./cn";
import { Input } from "./field";

/** The search of a page, which `/` goes to. Null: nothing is searched for. */
export function PageSearch({
  label,
  placeholder,
  value,
  onChange,
  maxLength,
  className,
}: {
  label: string;
  placeholder: string;
  value: string;
  onChange: (text: string | null) => void;
  maxLength?: number;
  className?: string;
}) {
  return (
    <div className={cn("relative min-w-0", className)}>
      <Search
        className="pointer-events-none absolute top-1/2 left-2.5 size-3.5 -translate-y-1/2 text-ink-3"
        aria-hidden
      />
      <Input
        data-page-search
        type="search"
        aria-label={label}
        placeholder={placeholder}
        maxLength={maxLength}
        value={value}
        onChange={(event) => onChange(event.target.value || null)}
        className="pl-8"
      />
    </div>
  );
}
