"use client";

import { useState } from "react";

/**
 * What a dialog shows of a value that is null while it is closed: the last one goes on to be shown while it closes. `nth` counts the
 * openings: as a key, it has each begin with empty fields.
 */
export function useOpening<T>(asked: T | null): { shown: T | null; nth: number } {
  const [before, setBefore] = useState(asked);
  const [opening, setOpening] = useState({ shown: asked, nth: 0 });
  if (asked !== before) {
    setBefore(asked);
    if (asked !== null) setOpening({ shown: asked, nth: opening.nth + 1 });
  }
  return opening;
}
