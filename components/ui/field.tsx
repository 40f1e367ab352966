import type { ComponentProps, ReactNode } from "react";
import { cn } from "./cn";

const box =
  "w-full rounded-md border border-line-strong bg-surface px-2.5 text-base text-ink placeholder:text-ink-3 disabled:cursor-not-allowed disabled:opacity-60 aria-invalid:border-hold sm:text-sm";

export const Input = ({ className, ...props }: ComponentProps<"input">) => (
  <input {...props} className={cn(box, "h-10 sm:h-8", className)} />
);

export const Textarea = ({ className, ...props }: ComponentProps<"textarea">) => (
  <textarea {...props} className={cn(box, "min-h-18 py-2", className)} />
);

/** A label, its control, what it means and what is wrong with it. Give the control the same `id`. */
export function Field({
  id,
  label,
  hint,
  error,
  children,
}: {
  id: string;
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className="grid content-start gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children}
      {hint ? <p className="text-xs text-ink-3">{hint}</p> : null}
      {error ? (
        <p role="alert" className="text-xs text-hold">
          {error}
        </p>
      ) : null}
    </div>
  );
}

/** A field of one line: label, input, what it means and what is wrong with it. */
export const InputField = ({
  id,
  label,
  hint,
  error,
  ...input
}: { id: string; label: ReactNode; hint?: ReactNode; error?: ReactNode } & ComponentProps<"input">) => (
  <Field id={id} label={label} hint={hint} error={error}>
    <Input id={id} {...input} />
  </Field>
);
