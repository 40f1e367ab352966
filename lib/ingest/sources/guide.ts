import type { AlertSourceKind } from "@/lib/core/base/vocabulary";

export type Guided = Exclude<AlertSourceKind, "sentinel">;

/** How a sender is set up, as the console shows it. Browsers load it: it stays free of schemas. */
export interface Guide {
  /** The sender's name on screen. */
  name: string;
  /** What to set at the sender, for the address that it sends to and its token. */
  setUp(
    url: string,
    token: string,
  ): {
    steps: string[];
    /** What is pasted somewhere, as the steps say. */
    text: string;
  };
}
