"use client";

import { Dialog } from "@base-ui/react/dialog";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { CornerDownLeft, Moon, Network, Siren, Sun, Waypoints } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTheme } from "next-themes";
import { useDeferredValue, useEffect, useRef, useState } from "react";
import type { IncidentSummary } from "@/lib/contracts/incidents";
import { agentsQuery } from "@/components/agents/queries";
import { incidentsQuery } from "@/components/incidents/queries";
import { servicesQuery } from "@/components/services/queries";
import { SERVICE } from "@/components/services/states";
import { agentLook } from "@/components/status/states";
import { CAUSE, DIAGNOSIS, name } from "@/components/status/words";
import { Kbd } from "@/components/ui/kbd";
import type { Act } from "./acts";
import { Actions } from "./palette-actions";
import { Group, Item } from "./palette-item";
import { readQuery } from "./palette-query";
import { usePlaces } from "./use-places";

/** How many of a kind are offered for what was typed. */
const OFFERED = 8;

/** Everything by its name: screens, incidents, services, agents; and what can be done about them. */
export function Palette({
  open,
  onOpenChange,
  onAct,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onAct: (act: Act) => void;
}) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/35 transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0 dark:bg-black/60" />
        <Dialog.Popup
          aria-label="Search and commands"
          className="fixed inset-x-0 top-[8vh] z-50 mx-auto w-[calc(100vw-1.5rem)] max-w-xl overflow-hidden rounded-xl border bg-surface shadow-float outline-none transition duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0"
        >
          <Choices
            onDone={() => onOpenChange(false)}
            onAct={(act) => {
              onOpenChange(false);
              onAct(act);
            }}
          />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Choices({ onDone, onAct }: { onDone: () => void; onAct: (act: Act) => void }) {
  const [text, setText] = useState("");
  const typed = useDeferredValue(text);
  const query = typed.trim();
  const { commands, search } = readQuery(typed);
  const router = useRouter();
  const { setTheme } = useTheme();
  const agents = useQuery({
    ...agentsQuery({ q: search, limit: OFFERED }),
    refetchInterval: false,
    placeholderData: keepPreviousData,
  });
  const services = useQuery({ ...servicesQuery, refetchInterval: false });
  const incidents = useQuery(incidentsQuery({ state: "active", limit: 50 }));

  const matches = (label: string) => label.toLowerCase().includes(query.toLowerCase());
  const places = usePlaces().filter(({ label }) => matches(label));
  const active =
    incidents.data?.incidents.filter((incident) => wordsOf(incident).some(matches)).slice(0, OFFERED) ?? [];
  // Until the answer to what was typed is there, nothing is offered that Enter could do to somebody else.
  const settled = typed === text && !agents.isPlaceholderData;
  const found = agents.data?.agents ?? [];
  const called = services.data?.services.filter(({ id }) => matches(id)).slice(0, OFFERED) ?? [];
  // What was selected may be gone when an answer comes: then the first is, so that Enter does what is at the top.
  const [value, setValue] = useState("");
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const values = [...(list.current?.querySelectorAll("[cmdk-item]") ?? [])].map((item) =>
      item.getAttribute("data-value"),
    );
    if (values.length > 0 && !values.includes(value)) setValue(values[0] ?? "");
  }, [value, typed, settled, agents.data, services.data, incidents.data]);

  const go = (href: string) => () => {
    onDone();
    router.push(href);
  };
  const theme = (value: string) => () => {
    onDone();
    setTheme(value);
  };

  return (
    <Command shouldFilter={false} label="Go to" loop value={value} onValueChange={setValue}>
      <Command.Input
        value={text}
        onValueChange={setText}
        placeholder="Search agents, services, incidents and screens, or type a command"
        className="h-12 w-full border-b bg-transparent px-4 text-base outline-none placeholder:text-ink-3"
      />
      <Command.List ref={list} className="max-h-[60vh] overflow-y-auto p-1.5">
        <Command.Empty className="px-3 py-8 text-center text-sm text-ink-2">No results.</Command.Empty>
        <Actions query={query} commands={commands} agents={settled ? found : []} onAct={onAct} />
        {places.length > 0 ? (
          <Group heading="Screens">
            {places.map((place) => (
              <Item key={place.href} value={place.href} icon={place.icon} onSelect={go(place.href)}>
                {place.label}
                <span className="ml-auto flex gap-1">
                  <Kbd>g</Kbd>
                  <Kbd>{place.key}</Kbd>
                </span>
              </Item>
            ))}
          </Group>
        ) : null}
        {active.length > 0 ? (
          <Group heading="Active incidents">
            {active.map((incident) => (
              <Item
                key={incident.id}
                value={`incident ${incident.id}`}
                icon={Siren}
                onSelect={go(`/incidents/${encodeURIComponent(incident.id)}`)}
              >
                <span className="truncate">{incident.title}</span>
              </Item>
            ))}
          </Group>
        ) : null}
        {called.length > 0 ? (
          <Group heading="Services">
            {called.map(({ id, state }) => (
              <Item
                key={id}
                value={`service ${id}`}
                icon={Network}
                onSelect={go(`/services/${encodeURIComponent(id)}`)}
              >
                <span className="truncate">{id}</span>
                <span className="ml-auto shrink-0 text-xs text-ink-3">{SERVICE[state].label}</span>
              </Item>
            ))}
          </Group>
        ) : null}
        {found.length > 0 && commands.length === 0 ? (
          <Group heading="Agents">
            {found.map((agent) => (
              <Item
                key={agent.id}
                value={`agent ${agent.id}`}
                icon={Waypoints}
                onSelect={go(`/agents/${encodeURIComponent(agent.id)}`)}
              >
                <span className="truncate">{agent.id}</span>
                <span className="ml-auto shrink-0 text-xs text-ink-3">{agentLook(agent).label}</span>
              </Item>
            ))}
          </Group>
        ) : null}
        {matches("light theme") || matches("dark theme") ? (
          <Group heading="Theme">
            <Item value="theme light" icon={Sun} onSelect={theme("light")}>
              Light theme
            </Item>
            <Item value="theme dark" icon={Moon} onSelect={theme("dark")}>
              Dark theme
            </Item>
          </Group>
        ) : null}
      </Command.List>
      <p className="flex items-center gap-1.5 border-t px-4 py-2 text-xs text-ink-3">
        <CornerDownLeft className="size-3.5" aria-hidden /> selects
        <span className="ml-3">
          <Kbd>esc</Kbd> closes
        </span>
      </p>
    </Command>
  );
}

/** By what an incident is found: its title, ID, subjects and cause. Its metric stands in the title. */
const wordsOf = ({ title, id, subjects, cause, diagnosis }: IncidentSummary): string[] => [
  title,
  id,
  ...subjects.map((subject) => subject.id),
  ...(cause ? [name(CAUSE, cause.kind), cause.node ?? ""] : []),
  ...(diagnosis === null ? [] : [name(DIAGNOSIS, diagnosis)]),
];
