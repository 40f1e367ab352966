import { build } from "./http/server";

/** Once: what starts together must not build in one folder at the same time. */
export default function setup(): void {
  build();
}
