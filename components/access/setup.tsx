"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { PATHS } from "@/lib/contracts/paths";
import { ApiError, call } from "@/components/api";
import { Button } from "@/components/ui/button";
import { Callout, Skeleton } from "@/components/ui/feedback";
import { Field, Input } from "@/components/ui/field";
import { Frame } from "./frame";
import { PASSWORD } from "./password";
import { useLinkToken } from "./token";

/** Makes an account from a set-up link (the first one) or an invitation. */
export function Setup() {
  const token = useLinkToken();
  if (token === undefined) return <Frame title="Set up" />;
  if (token === null)
    return (
      <Frame
        title="Set up"
        lead="Open this page from its one-time link: the server prints one on first start, and each invitation has its own."
      >
        <Button size="touch" className="w-full" onClick={() => location.replace("/sign-in")}>
          Sign in instead
        </Button>
      </Frame>
    );
  return <WithToken token={token} />;
}

function WithToken({ token }: { token: string }) {
  const check = useQuery({
    queryKey: ["link", token],
    queryFn: () => call("POST", PATHS.LINK_CHECK, { body: { token } }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const use = useMutation({
    mutationFn: () =>
      call("POST", PATHS.LINK, { body: { token, name, password, ...(check.data?.email === null ? { email } : {}) } }),
    onSuccess: () => location.replace("/"),
    meta: { quiet: true },
  });
  if (check.error)
    return (
      <Frame title="Set up">
        <Callout tone="hold" icon={KeyRound} title="This link is not valid">
          {check.error.message}
        </Callout>
      </Frame>
    );
  if (!check.data)
    return (
      <Frame title="Set up">
        <Skeleton className="h-40" />
      </Frame>
    );
  const first = check.data.kind === "setup";
  const fault = use.error instanceof ApiError ? use.error : null;
  return (
    <Frame
      title={first ? "Set up Sentinel" : "Join Sentinel"}
      lead={
        first
          ? "The first account is an admin. Invite others from Settings."
          : `You will join as ${check.data.role} with ${check.data.email ?? "your email"}.`
      }
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          use.mutate();
        }}
      >
        <Field id="name" label="Name" error={fault?.field("name")}>
          <Input
            id="name"
            autoComplete="name"
            required
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </Field>
        {check.data.email === null ? (
          <Field id="email" label="Email" error={fault?.field("email")}>
            <Input
              id="email"
              type="email"
              autoComplete="username"
              required
              maxLength={200}
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          </Field>
        ) : null}
        <Field
          id="password"
          label="Password"
          hint={`At least ${PASSWORD.min} characters.`}
          error={fault?.field("password") ?? (fault && !fault.problem?.errors ? fault.message : undefined)}
        >
          <Input
            id="password"
            type="password"
            autoComplete="new-password"
            required
            minLength={PASSWORD.min}
            maxLength={PASSWORD.max}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </Field>
        <Button type="submit" look="primary" size="touch" className="w-full" busy={use.isPending}>
          {first ? "Create account" : "Join"}
        </Button>
      </form>
    </Frame>
  );
}
