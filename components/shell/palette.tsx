"use client";

import { Dialog } from "@base-ui/react/dialog";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { CornerDownLeft, type LucideIcon, Moon, Network, Siren, Sun, Waypoints } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTheme } from "next-themes";
import { type ReactNode, useDeferredValue, useState } from "react";
import { agentsQuery } from "@/components/agents/queries";
import { incidentsQuery } from "@/components/incidents/queries";
import { servicesQuery } from "@/components/services/queries";
import { SERVICE } from "@/components/services/states";
import { agentLook } from "@/components/status/states";
import { Kbd } from "@/components/ui/kbd";
import { usePlaces } from "./use-places";

/** How many agents, services and incidents are offered for what was typed. */
const OFFERED = 8;

/** Everything by its name: screens, incidents, services, agents. */
export function Palette({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/35 transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0 dark:bg-black/60" />
        <Dialog.Popup
          aria-label="Go to"
          className="fixed inset-x-0 top-[8vh] z-50 mx-auto w-[calc(100vw-1.5rem)] max-w-xl overflow-hidden rounded-xl border bg-surface shadow-float outline-none transition duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0"
        >
          <Choices onDone={() => onOpenChange(false)} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Choices({ onDone }: { onDone: () => void }) {
  const [text, setText] = useState("");
  const query = useDeferredValue(text.trim());
  const router = useRouter();
  const { setTheme } = useTheme();
  const agents = useQuery({
    ...agentsQuery({ q: query, limit: OFFERED }),
    refetchInterval: false,
    placeholderData: keepPreviousData,
  });
  const services = useQuery({ ...servicesQuery, refetchInterval: false });
  const incidents = useQuery(incidentsQuery({ state: "active", limit: 50 }));

  const matches = (label: string) => label.toLowerCase().includes(query.toLowerCase());
  const places = usePlaces().filter(({ label }) => matches(label));
  const active =
    incidents.data?.incidents.filter(({ title, id }) => matches(title) || matches(id)).slice(0, OFFERED) ?? [];
  const called = services.data?.services.filter(({ id }) => matches(id)).slice(0, OFFERED) ?? [];
  const go = (href: string) => () => {
    onDone();
    router.push(href);
  };
  const theme = (value: string) => () => {
    onDone();
    setTheme(value);
  };

  return (
    <Command shouldFilter={false} label="Go to" loop>
      <Command.Input
        value={text}
        onValueChange={setText}
        placeholder="Search agents, services, incidents and screens"
        className="h-12 w-full border-b bg-transparent px-4 text-base outline-none placeholder:text-ink-3"
      />
      <Command.List className="max-h-[60vh] overflow-y-auto p-1.5">
        <Command.Empty className="px-3 py-8 text-center text-sm text-ink-2">No results.</Command.Empty>
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
        {agents.data && agents.data.agents.length > 0 ? (
          <Group heading="Agents">
            {agents.data.agents.map((agent) => (
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
        <CornerDownLeft className="size-3.5" aria-hidden /> opens
        <span className="ml-3">
          <Kbd>esc</Kbd> closes
        </span>
      </p>
    </Command>
  );
}

const Group = ({ heading, children }: { heading: string; children: ReactNode }) => (
  <Command.Group
    heading={heading}
    className="**:[[cmdk-group-heading]]:px-2.5 **:[[cmdk-group-heading]]:pt-2 **:[[cmdk-group-heading]]:pb-1 **:[[cmdk-group-heading]]:text-2xs **:[[cmdk-group-heading]]:font-medium **:[[cmdk-group-heading]]:text-ink-3"
  >
    {children}
  </Command.Group>
);

const Item = ({
  value,
  icon: Icon,
  onSelect,
  children,
}: {
  value: string;
  icon: LucideIcon;
  onSelect: () => void;
  children: ReactNode;
}) => (
  <Command.Item
    value={value}
    onSelect={onSelect}
    className="flex h-9 cursor-default items-center gap-2.5 rounded-md px-2.5 text-sm data-[selected=true]:bg-hover"
  >
    <Icon className="size-4 shrink-0 text-ink-3" aria-hidden />
    {children}
  </Command.Item>
);
