import { unknownPath } from "@/lib/http/unknown-path";

/** What is no hook of a program. */
export { unknownPath as DELETE, unknownPath as GET, unknownPath as PATCH, unknownPath as POST, unknownPath as PUT };
