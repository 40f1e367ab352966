/**
 * What a line of a bundle is, where it is no log line: said in front of it, so that a bundle stays plain text. A log that begins
 * like this is read so too; it is data in either case.
 */
export const MARKS = ["alert", "event", "state", "top"] as const;
/** `alert`: what fired. `event`: what a platform reports. `state`: what a thing says of itself now. `top`: what a quantity consists of. */
export type Mark = (typeof MARKS)[number];

export const marked = (mark: Mark, line: string): string => `[${mark}] ${line}`;

const MARKED = new RegExp(`^\\[(${MARKS.join("|")})\\] `);

/** The mark of a line, null for a log line, and the line without it. */
export function markOf(line: string): { mark: Mark | null; text: string } {
  const found = MARKED.exec(line);
  return found === null ? { mark: null, text: line } : { mark: found[1] as Mark, text: line.slice(found[0].length) };
}

const FIRES = "alert ";

/** The state of a service on which an alert fires. Name and summary are untrusted text. */
export const firingText = (name: string, summary: string): string => `${FIRES}${name} fires: ${summary}`;
/** Whether a state is that an alert fires. */
export const isFiring = (state: string): boolean => state.startsWith(FIRES);
/** What a state says, without the word that an alert fires: the word alone says nothing of how bad that is. */
export const saidBy = (state: string): string => (isFiring(state) ? state.slice(FIRES.length) : state);
