"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { NewKeyBody } from "@/lib/contracts/keys";
import { PATHS } from "@/lib/contracts/paths";
import { KEY_SCOPES, type KeyScope } from "@/lib/core/base/vocabulary";
import { ApiError, call } from "@/components/api";
import { Checkbox } from "@/components/ui/check";
import { Field, Input } from "@/components/ui/field";
import { Segmented } from "@/components/ui/segmented";
import { keysQuery } from "./queries";
import { NameField } from "./name-field";
import { SecretDialog } from "./secret-dialog";

type Bound = "any" | "agent" | "prefix";

const SCOPE_WORDS: Record<KeyScope, string> = {
  events: "Agent events, and reading directives",
  changes: "Changes: deploys, prompts, configuration",
  logs: "Service logs",
  gateway: "Requests to models, through the gateway (one agent)",
};

export function NewKey({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [name, setName] = useState("");
  const [to, setTo] = useState<Bound>("any");
  const [bound, setBound] = useState("");
  const [scopes, setScopes] = useState<KeyScope[]>(["events", "changes"]);
  const [services, setServices] = useState("");
  const [identity, setIdentity] = useState("");
  const [content, setContent] = useState(false);
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: (body: NewKeyBody) => call("POST", PATHS.KEYS, { body }),
    onSettled: () => client.invalidateQueries({ queryKey: keysQuery.queryKey }),
    meta: { quiet: true },
  });
  const fault = make.error instanceof ApiError ? make.error : null;
  const submit = () =>
    make.mutate({
      name,
      scopes,
      content,
      services: services.split(/[\s,]/).filter((part) => part !== ""),
      ...(to === "agent" ? { agent_id: bound } : to === "prefix" ? { name_prefix: bound } : {}),
      ...(to === "agent" || identity.trim() === "" ? {} : { identity: identity.trim() }),
    });
  return (
    <SecretDialog
      open={open}
      onClose={onClose}
      titles={{ before: "New ingest key", made: "Your new key" }}
      busy={make.isPending}
      onCreate={submit}
      secret={make.data?.secret}
      secretLabel="The key"
    >
      <NameField id="key-name" value={name} onChange={setName} fault={fault} />
      <fieldset className="grid gap-1.5">
        <legend className="mb-1.5 text-sm font-medium">May send</legend>
        {KEY_SCOPES.map((scope) => (
          <label key={scope} className="flex items-center gap-2 text-sm">
            <Checkbox
              label={SCOPE_WORDS[scope]}
              checked={scopes.includes(scope)}
              onChange={(on) => setScopes(KEY_SCOPES.filter((one) => (one === scope ? on : scopes.includes(one))))}
            />
            {SCOPE_WORDS[scope]}
          </label>
        ))}
        {fault?.field("scopes") ? (
          <p role="alert" className="text-xs text-hold">
            {fault.field("scopes")}
          </p>
        ) : null}
      </fieldset>
      <label className="grid grid-cols-[auto_1fr] items-center gap-x-2 text-sm">
        <Checkbox label="Store prompts, tool arguments and outputs" checked={content} onChange={setContent} />
        Store prompts, tool arguments and outputs
        <span className="col-start-2 text-xs text-ink-3">
          Secrets are redacted and long texts truncated. Kept for a few days; operators can read and delete them.
        </span>
      </label>
      <div className="grid gap-1.5">
        <span className="text-sm font-medium">Agents</span>
        <Segmented<Bound>
          label="Agents"
          value={to}
          onChange={setTo}
          options={[
            { value: "any", label: "Any agent" },
            { value: "agent", label: "One agent" },
            { value: "prefix", label: "A name prefix" },
          ]}
        />
      </div>
      {to === "any" ? null : (
        <Field
          id="key-bound"
          label={to === "agent" ? "Agent" : "Prefix"}
          error={fault?.field("agent_id") ?? fault?.field("name_prefix")}
        >
          <Input
            id="key-bound"
            required
            maxLength={200}
            autoComplete="off"
            value={bound}
            onChange={(event) => setBound(event.target.value)}
          />
        </Field>
      )}
      {to === "agent" ? null : (
        <Field
          id="key-identity"
          label="Agent IDs over OpenTelemetry"
          hint="a template of attributes; if empty: program, user or host, and repository"
          error={fault?.field("identity")}
        >
          <Input
            id="key-identity"
            maxLength={200}
            autoComplete="off"
            placeholder="{service.name}:{user.email|host.name}"
            value={identity}
            onChange={(event) => setIdentity(event.target.value)}
          />
        </Field>
      )}
      <Field
        id="key-services"
        label="Services"
        hint="services whose logs and changes this key may send: names, payments-* for a prefix, * for any; empty for none"
        error={fault?.field("services") ?? fault?.field("services[0]")}
      >
        <Input
          id="key-services"
          autoComplete="off"
          value={services}
          onChange={(event) => setServices(event.target.value)}
        />
      </Field>
    </SecretDialog>
  );
}
