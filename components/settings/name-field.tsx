"use client";

import type { ApiError } from "@/components/api";
import { InputField } from "@/components/ui/field";

/** What a new key or token is called. A fault that names no field is shown here, where the form begins. */
export const NameField = ({
  id,
  value,
  onChange,
  fault,
}: {
  id: string;
  value: string;
  onChange: (value: string) => void;
  fault: ApiError | null;
}) => (
  <InputField
    id={id}
    label="Name"
    error={fault?.field("name") ?? (fault && !fault.problem?.errors ? fault.message : undefined)}
    required
    maxLength={200}
    autoComplete="off"
    value={value}
    onChange={(event) => onChange(event.target.value)}
  />
);
