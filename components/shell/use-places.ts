import { useSession } from "@/components/access/session";
import { type Place, PLACES } from "./places";

/** Where who is signed in may go. */
export function usePlaces(): readonly Place[] {
  const { administers } = useSession();
  return administers ? PLACES : PLACES.filter(({ admin }) => !admin);
}
