"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { LinkIcon, LogIn } from "lucide-react";
import { useState } from "react";
import { PATHS } from "@/lib/contracts/paths";
import { ApiError, call } from "@/components/api";
import { Button } from "@/components/ui/button";
import { Callout, Skeleton } from "@/components/ui/feedback";
import { Field, Input } from "@/components/ui/field";
import { Frame } from "./frame";
import { useLinkToken } from "./token";

/** In place of this page: Back must lead neither to a form that is done with nor to a link that was used. */
const enter = () => location.replace("/");

/** By email and password, or by a one-time link. A link is used only when its button is pressed, not by opening the page. */
export function SignIn() {
  const token = useLinkToken();
  if (token === undefined) return <Frame title="Sign in" />;
  return token === null ? <ByPassword /> : <ByLink token={token} />;
}

function ByPassword() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({
    mutationFn: () => call("POST", PATHS.SIGN_IN, { body: { email, password } }),
    onSuccess: enter,
    meta: { quiet: true },
  });
  return (
    <Frame title="Sign in">
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate();
        }}
      >
        <Field id="email" label="Email">
          <Input
            id="email"
            type="email"
            autoComplete="username"
            required
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </Field>
        <Field id="password" label="Password" error={signIn.error ? refusal(signIn.error) : undefined}>
          <Input
            id="password"
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </Field>
        <Button type="submit" look="primary" size="touch" className="w-full" busy={signIn.isPending}>
          Sign in
        </Button>
        <p className="text-xs text-ink-3">
          Forgot your password? An admin can create a one-time link for you. On first start the server prints the setup
          link.
        </p>
      </form>
    </Frame>
  );
}

const refusal = (error: Error): string =>
  error instanceof ApiError && error.status === 401 ? "Wrong email or password." : error.message;

function ByLink({ token }: { token: string }) {
  const check = useQuery({
    queryKey: ["link", token],
    queryFn: () => call("POST", PATHS.LINK_CHECK, { body: { token } }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const use = useMutation({
    mutationFn: () => call("POST", PATHS.LINK, { body: { token } }),
    onSuccess: enter,
    meta: { quiet: true },
  });
  const error = check.error ?? use.error;
  if (error)
    return (
      <Frame title="Sign in">
        <Callout tone="hold" icon={LinkIcon} title="This link is not valid">
          {error.message}
        </Callout>
        <Button className="mt-4 w-full" size="touch" onClick={() => location.replace("/sign-in")}>
          Sign in with a password
        </Button>
      </Frame>
    );
  if (!check.data)
    return (
      <Frame title="Sign in">
        <Skeleton className="h-9" />
      </Frame>
    );
  return (
    <Frame
      title="Sign in"
      lead={
        check.data.email
          ? `You will sign in as ${check.data.email} (${check.data.role}). The link works once.`
          : "The link works once."
      }
    >
      <Button look="primary" size="touch" className="w-full" busy={use.isPending} onClick={() => use.mutate()}>
        <LogIn aria-hidden /> Sign in
      </Button>
    </Frame>
  );
}
