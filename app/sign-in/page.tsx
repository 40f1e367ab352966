import type { Metadata } from "next";
import { SignIn } from "@/components/access/sign-in";

export const metadata: Metadata = { title: "Sign in", referrer: "no-referrer" };

export default function SignInPage() {
  return <SignIn />;
}
