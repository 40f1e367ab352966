/** The person, or the program with a person's token, that something is done by. */
export interface Actor {
  id: string;
  name: string;
}
