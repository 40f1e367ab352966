/** The one place that says it: what the package is published as, and what events carry. */
export const VERSION = "0.5.0";
