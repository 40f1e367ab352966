import { type ClassValue, clsx } from "clsx";
import { extendTailwindMerge } from "tailwind-merge";

// Without this tailwind-merge takes `text-2xs` for a colour and drops it beside one.
const merge = extendTailwindMerge({ extend: { classGroups: { "font-size": [{ text: ["2xs"] }] } } });

/** Joins class names; of two Tailwind classes that say the same thing the last wins. */
export const cn = (...values: ClassValue[]): string => merge(clsx(values));
