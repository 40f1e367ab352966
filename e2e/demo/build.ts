import { build } from "../http/server";

/** Once: two demos that start together must not both build in one folder. */
export default function setup(): void {
  build();
}
