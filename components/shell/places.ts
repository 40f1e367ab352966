import {
  Activity,
  BookOpenText,
  BrainCircuit,
  ChartNoAxesCombined,
  Clapperboard,
  ClipboardCheck,
  Coins,
  FileClock,
  FlaskConical,
  type LucideIcon,
  Network,
  ScrollText,
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
  /** Only for admins. */
  admin?: true;
}

export const PLACES: readonly Place[] = [
  { href: "/", label: "Overview", icon: Activity, key: "o" },
  { href: "/incidents", label: "Incidents", icon: Siren, key: "i" },
  { href: "/approvals", label: "Approvals", icon: ClipboardCheck, key: "p" },
  { href: "/services", label: "Services", icon: Network, key: "v" },
  { href: "/agents", label: "Agents", icon: Waypoints, key: "a" },
  { href: "/spend", label: "Spend", icon: Coins, key: "m" },
  { href: "/changes", label: "Change log", icon: FileClock, key: "c" },
  { href: "/healing", label: "Healing log", icon: ChartNoAxesCombined, key: "h" },
  { href: "/runbooks", label: "Runbooks", icon: BookOpenText, key: "r" },
  { href: "/memory", label: "Learned patterns", icon: BrainCircuit, key: "l" },
  { href: "/drills", label: "Drills", icon: Clapperboard, key: "d" },
  { href: "/evals", label: "Evaluations", icon: FlaskConical, key: "e" },
  { href: "/audit", label: "Audit log", icon: ScrollText, key: "u", admin: true },
  { href: "/settings", label: "Settings", icon: Settings2, key: "s" },
];

export const isAt = (pathname: string, href: string): boolean =>
  href === "/" ? pathname === "/" : pathname === href || pathname.startsWith(`${href}/`);
