/** A name chosen by a stranger may be no valid escape sequence; then it is taken as it stands. */
export function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
