import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { ApiError } from "@/components/api";
import { NotLoaded } from "./not-loaded";

const page = (error: Error | null) =>
  renderToStaticMarkup(
    <NotLoaded what="agent" all="/agents" missing="It never reported." error={error} onRetry={() => undefined} />,
  );

it.each([
  ["missing", Object.assign(Object.create(ApiError.prototype) as ApiError, { status: 404, message: "not found" })],
  ["not read", new Error("no answer")],
  ["still being read", null],
])("a page whose subject is %s has a heading", (_, error) => {
  expect(page(error).match(/<h1[^>]*>([^<]*)</)?.[1]).toMatch(/agent/i);
});
