"use client";

import { useMutation } from "@tanstack/react-query";
import { CircleUserRound, KeyRound, LogOut, Monitor, Moon, Sun } from "lucide-react";
import { useTheme } from "next-themes";
import { useState } from "react";
import { PATHS } from "@/lib/contracts/paths";
import { PasswordDialog } from "@/components/access/password-dialog";
import { useSession } from "@/components/access/session";
import { call } from "@/components/api";
import { Menu, MenuItem, MenuLine } from "@/components/ui/menu";

export function UserMenu() {
  const { user } = useSession();
  const { setTheme } = useTheme();
  const [changing, setChanging] = useState(false);
  const signOut = useMutation({
    mutationFn: () => call("POST", PATHS.SIGN_OUT),
    onSuccess: () => location.assign("/sign-in"),
  });
  return (
    <>
      <Menu icon={<CircleUserRound aria-hidden />} label="Account and theme">
        {user ? (
          <>
            <div className="px-2 py-1.5">
              <p className="text-sm font-medium">{user.name}</p>
              <p className="text-xs text-ink-3">
                {user.email} · {user.role}
              </p>
            </div>
            <MenuLine />
          </>
        ) : null}
        <MenuItem onClick={() => setTheme("light")}>
          <Sun aria-hidden /> Light
        </MenuItem>
        <MenuItem onClick={() => setTheme("dark")}>
          <Moon aria-hidden /> Dark
        </MenuItem>
        <MenuItem onClick={() => setTheme("system")}>
          <Monitor aria-hidden /> System
        </MenuItem>
        <MenuLine />
        <MenuItem onClick={() => setChanging(true)}>
          <KeyRound aria-hidden /> Change password
        </MenuItem>
        <MenuItem onClick={() => signOut.mutate()}>
          <LogOut aria-hidden /> Sign out
        </MenuItem>
      </Menu>
      {changing ? <PasswordDialog onClose={() => setChanging(false)} /> : null}
    </>
  );
}
