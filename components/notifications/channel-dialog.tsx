"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ChannelView, NewChannelBody } from "@/lib/contracts/notifications";
import { PATHS } from "@/lib/contracts/paths";
import { WEEKDAYS } from "@/lib/core/base/act-hours";
import { CHANNEL_KINDS, type ChannelKind } from "@/lib/core/notify/notification";
import { DEFAULT_RULES, type Rules } from "@/lib/core/notify/routing";
import { ApiError, call } from "@/components/api";
import { HoursFields, Tick, Wrong } from "@/components/settings/hours";
import { Choice, Dialog } from "@/components/ui/dialog";
import { InputField } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import { toast } from "@/components/ui/toast";
import { channelsQuery } from "./queries";
import { SlackAppSteps } from "./slack-app-steps";
import { CHANNEL, HINT } from "./words";

type Setup = NewChannelBody["setup"];

/** Makes a channel, or changes one: its address is entered again only if it is to change. `channel` null: a new one. */
export function ChannelDialog({ channel, onClose }: { channel: ChannelView | null; onClose: () => void }) {
  const [name, setName] = useState(channel?.name ?? "");
  const [kind, setKind] = useState<ChannelKind>(channel?.kind ?? "slack");
  const [fields, setFields] = useState<Fields>({ secret: newSecret() });
  const [rules, setRules] = useState<Rules>(channel?.rules ?? DEFAULT_RULES);
  const [types, setTypes] = useState((rules.agent_types ?? []).join(", "));
  const [services, setServices] = useState((rules.services ?? []).join(", "));
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: () => {
      const body = { name, rules: { ...rules, agent_types: namesOf(types), services: namesOf(services) } };
      const setup = setupOf(kind, fields);
      const entered = enteredIn(kind, fields);
      return channel === null
        ? call("POST", PATHS.CHANNELS, { body: { ...body, setup } })
        : call("PATCH", PATHS.CHANNEL, {
            params: { id: channel.id },
            body: entered.trim() === "" ? body : { ...body, setup },
          });
    },
    onSuccess: () => {
      toast.success(channel === null ? "Channel created. Send a test to see it arrive." : "Channel saved.");
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: channelsQuery.queryKey }),
  });
  const fault = save.error instanceof ApiError ? save.error : null;
  const errorOf = (field: string) => fault?.field(field);
  const change = (part: Partial<Rules>) => setRules((old) => ({ ...old, ...part }));
  const id = (field: string) => `channel-${field}`;
  return (
    <Dialog
      wide
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={channel === null ? "New notification channel" : `Edit ${channel.name}`}
      footer={
        <Choice onCancel={onClose} type="submit" form="channel" busy={save.isPending}>
          {channel === null ? "Create" : "Save"}
        </Choice>
      }
    >
      <form
        id="channel"
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <div className="grid gap-4 sm:grid-cols-2">
          <InputField
            id={id("name")}
            label="Name"
            error={errorOf("name")}
            required
            maxLength={100}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <div className="grid content-start gap-1.5">
            <span className="text-sm font-medium">Kind</span>
            <Select
              label="Kind"
              value={kind}
              disabled={channel !== null}
              options={CHANNEL_KINDS.map((value) => ({ value, label: CHANNEL[value] }))}
              onChange={setKind}
            />
          </div>
        </div>
        <SetupFields kind={kind} kept={channel !== null} fields={fields} onChange={setFields} errorOf={errorOf} />
        <fieldset className="grid gap-3 border-t pt-4">
          <legend className="sr-only">What it is told</legend>
          <div className="grid gap-4 sm:grid-cols-2">
            <InputField
              id={id("severity")}
              label="Minimum severity"
              hint="0 to 10; budgets always pass"
              error={errorOf("rules.min_severity")}
              type="number"
              min={0}
              max={10}
              step={0.5}
              required
              value={rules.min_severity}
              onChange={(event) => change({ min_severity: Number(event.target.value) })}
            />
            <InputField
              id={id("after")}
              label="Escalate after (minutes)"
              hint="0: at once; otherwise only if nobody answers in time"
              error={errorOf("rules.after_minutes")}
              type="number"
              min={0}
              max={1440}
              required
              value={rules.after_minutes}
              onChange={(event) => change({ after_minutes: Number(event.target.value) })}
            />
            <InputField
              id={id("types")}
              label="Agent types"
              hint="comma-separated; empty: all"
              error={errorOf("rules.agent_types")}
              autoComplete="off"
              value={types}
              onChange={(event) => setTypes(event.target.value)}
            />
            <InputField
              id={id("services")}
              label="Services"
              hint="comma-separated; empty: all"
              error={errorOf("rules.services")}
              autoComplete="off"
              value={services}
              onChange={(event) => setServices(event.target.value)}
            />
          </div>
          {(["acknowledged", "resolved"] as const).map((purpose) => (
            <Tick
              key={purpose}
              label={purpose === "acknowledged" ? "Also when somebody answers" : "Also when the incident closes"}
              checked={rules.tell.includes(purpose)}
              onChange={(on) =>
                change({ tell: on ? [...rules.tell, purpose] : rules.tell.filter((one) => one !== purpose) })
              }
            />
          ))}
          <Tick
            label="Quiet hours"
            checked={rules.quiet !== null}
            onChange={(on) => change({ quiet: on ? { ...NIGHT, time_zone: zone() } : null })}
          />
          {rules.quiet === null ? null : (
            <>
              <HoursFields
                id={id}
                hours={rules.quiet}
                onChange={(quiet) => change({ quiet })}
                errorOf={(field) => errorOf(`rules.quiet.${field}`)}
              />
              <div className="pl-6">
                <InputField
                  id={id("below")}
                  label="Pages below this severity wait"
                  error={errorOf("rules.quiet_below")}
                  type="number"
                  min={0}
                  max={10}
                  step={0.5}
                  required
                  value={rules.quiet_below}
                  onChange={(event) => change({ quiet_below: Number(event.target.value) })}
                />
              </div>
            </>
          )}
        </fieldset>
        <Wrong text={fault && !fault.problem?.errors ? fault.message : undefined} />
      </form>
    </Dialog>
  );
}

interface Fields {
  url?: string;
  token?: string;
  secret: string;
  routing_key?: string;
  to?: string;
  channel?: string;
  signing_secret?: string;
}

/** What says that the stored setup is to be replaced. */
function enteredIn(kind: ChannelKind, { url, token, routing_key, to, channel, signing_secret }: Fields): string {
  if (kind === "slack_app") return [token, channel, signing_secret].join("");
  return (kind === "email" ? to : kind === "pagerduty" ? routing_key : url) ?? "";
}

function SetupFields({
  kind,
  kept,
  fields,
  onChange,
  errorOf,
}: {
  kind: ChannelKind;
  /** An address is stored: an empty field keeps it. */
  kept: boolean;
  fields: Fields;
  onChange: (fields: Fields) => void;
  errorOf: (field: string) => string | undefined;
}) {
  const text = (
    field: keyof Fields,
    label: string,
    { hint, optional = false, type = "text" }: { hint?: string; optional?: boolean; type?: string } = {},
  ) => (
    <InputField
      id={`channel-${field}`}
      label={optional ? `${label} (optional)` : label}
      hint={
        kept && !optional && field !== "secret"
          ? `stored; leave ${kind === "slack_app" ? "all three" : "it"} empty to keep it`
          : hint
      }
      error={errorOf(`setup.${field}`) ?? errorOf(`setup.${field}[0]`)}
      type={type}
      required={!optional && !kept}
      autoComplete="off"
      spellCheck={false}
      value={fields[field] ?? ""}
      onChange={(event) => onChange({ ...fields, [field]: event.target.value })}
    />
  );
  switch (kind) {
    case "email":
      return text("to", "Recipients", { hint: HINT.email });
    case "pagerduty":
      return (
        <div className="grid gap-4">
          {text("routing_key", "Integration key", { hint: HINT.pagerduty })}
          {text("url", "Address of another region", {
            optional: true,
            type: "url",
            hint: "such as https://events.eu.pagerduty.com",
          })}
        </div>
      );
    case "alertmanager":
    case "ntfy":
      return (
        <div className="grid gap-4">
          {text("url", "URL", { hint: HINT[kind], type: "url" })}
          {text("token", "Bearer token", { optional: true })}
        </div>
      );
    case "webhook":
      return (
        <div className="grid gap-4">
          {text("url", "URL", { hint: HINT.webhook, type: "url" })}
          {text("secret", "Signing secret", { hint: "Give it to the receiver now: it is not shown again." })}
        </div>
      );
    case "slack_app":
      return (
        <div className="grid gap-4">
          <SlackAppSteps open={!kept} />
          {text("token", "Bot token", { hint: "xoxb-…" })}
          {text("signing_secret", "Signing secret", { hint: "32 hexadecimal digits" })}
          {text("channel", "Channel ID", { hint: "such as C0123456789" })}
        </div>
      );
    case "slack":
    case "teams":
    case "discord":
      return text("url", "Webhook URL", { hint: HINT[kind], type: "url" });
  }
}

/** Fields that were left empty are not sent. */
function setupOf(kind: ChannelKind, fields: Fields): Setup {
  const { url, token, secret, routing_key, to, channel, signing_secret } = fields;
  const given = (value: string | undefined) => (value?.trim() ? value.trim() : undefined);
  const address = given(url) ?? "";
  switch (kind) {
    case "email":
      return { kind, to: namesOf(to ?? "") ?? [] };
    case "pagerduty":
      return { kind, routing_key: given(routing_key) ?? "", ...(given(url) === undefined ? {} : { url: address }) };
    case "alertmanager":
    case "ntfy":
      return { kind, url: address, ...(given(token) === undefined ? {} : { token: given(token)! }) };
    case "webhook":
      return { kind, url: address, secret };
    case "slack_app":
      return {
        kind,
        token: given(token) ?? "",
        channel: given(channel) ?? "",
        signing_secret: given(signing_secret) ?? "",
      };
    case "slack":
    case "teams":
    case "discord":
      return { kind, url: address };
  }
}

const namesOf = (text: string): string[] | null => {
  const names = text.split(",").map((one) => one.trim()).filter((one) => one !== ""); // prettier-ignore
  return names.length > 0 ? names : null;
};

const NIGHT = { days: [...WEEKDAYS], from: "22:00", until: "07:00" };
const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** 32 random bytes, as Standard Webhooks writes secrets. */
const newSecret = (): string => `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;
