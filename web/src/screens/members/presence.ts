/** What only the server knows of members: their roles, and when one of their devices was last in touch. */
import { useMemo } from "react";
import { usePages } from "~/data/asking";
import type { People } from "./people";

export interface Presence {
  readonly error: Error | null;
  /** RFC 3339; null: never had a device; undefined: not known. */
  seenAt(memberId: string): string | null | undefined;
  /** The names of the roles; "" while they are not known. */
  rolesOf(memberId: string, people: People): string;
  reload(): void;
}

/** `seesDevices`: the right to see colleagues' devices. */
export function usePresence(seesDevices: boolean): Presence {
  const members = usePages("Members", { first: 100 }, (answer) => answer.members);
  const devices = usePages(seesDevices ? "Devices" : null, { first: 100, orderBy: [{ field: "LAST_SEEN_AT", direction: "DESC" }] }, (answer) => answer.devices);
  return useMemo(() => {
    const seen = new Map<string, string>();
    for (const device of devices.data ?? []) {
      const before = seen.get(device.memberId);
      if (before === undefined || before < device.lastContactAt) seen.set(device.memberId, device.lastContactAt);
    }
    const held = new Map((members.data ?? []).map((member) => [member.id, [...new Set((member.roleAssignments?.nodes ?? []).map((one) => one.roleId))]]));
    return {
      error: members.error,
      // Of several pages of devices only the newest are known: who is on none of them was not seen for long.
      seenAt: (memberId) => seen.get(memberId) ?? (devices.data === undefined || devices.more !== null ? undefined : null),
      rolesOf: (memberId, people) => (held.get(memberId) ?? []).map((id) => people.roles.find((role) => role.id === id)?.name ?? "").filter(Boolean).join("、"),
      reload: () => void members.reload(),
    };
  }, [members, devices]);
}
