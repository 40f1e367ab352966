import {
  Activity,
  BrainCircuit,
  ChartNoAxesCombined,
  ClipboardCheck,
  FlaskConical,
  type LucideIcon,
  Settings2,
  Siren,
  Waypoints,
} from "lucide-react";

export interface Place {
  href: string;
  label: string;
  icon: LucideIcon;
  /** The key that goes there after g. */
  key: string;
}

export const PLACES: readonly Place[] = [
  { href: "/", label: "Overview", icon: Activity, key: "o" },
  { href: "/agents", label: "Agents", icon: Waypoints, key: "a" },
  { href: "/approvals", label: "Approvals", icon: ClipboardCheck, key: "p" },
  { href: "/incidents", label: "Incidents", icon: Siren, key: "i" },
  { href: "/healing", label: "Healing log", icon: ChartNoAxesCombined, key: "h" },
  { href: "/memory", label: "Learned patterns", icon: BrainCircuit, key: "l" },
  { href: "/evals", label: "Evaluations", icon: FlaskConical, key: "e" },
  { href: "/settings", label: "Settings", icon: Settings2, key: "s" },
];

export const isAt = (pathname: string, href: string): boolean =>
  href === "/" ? pathname === "/" : pathname === href || pathname.startsWith(`${href}/`);
