/** Devices as the registry tells them, and what may be done with them. */
import type { Operations } from "~/generated/operations";

export type RegisteredDevice = NonNullable<Operations["Devices"]["result"]["devices"]>["nodes"][number];
export type DeviceHealth = Operations["DeviceHealth"]["result"]["deviceHealth"];
export type DeviceState = RegisteredDevice["states"][number];

export type Act = "rename" | "revoke" | "wipe" | "cancelWipe";

/** `web Linux` → "网页版 · Linux"; other platforms are called as their makers call them. */
export function platformOf({ platform, osVersion }: Pick<RegisteredDevice, "platform" | "osVersion">, web: string): string {
  const [kind = "", ...system] = (platform ?? "").split(" ");
  return [kind === "web" ? web : kind, system.join(" "), osVersion].filter(Boolean).join(" · ");
}

/** What may be done with a device as it stands. `others`: the rights over colleagues' devices; one's own need none. */
export function actsOn(device: RegisteredDevice, memberId: string, others: { readonly revoke: boolean; readonly wipe: boolean }): readonly Act[] {
  const own = device.memberId === memberId;
  const mayRevoke = own || others.revoke;
  const mayWipe = own || others.wipe;
  const found: Act[] = [];
  if (mayRevoke) found.push("rename");
  if (device.wipedAt !== null) return found;
  if (mayRevoke && device.revokedAt === null) found.push("revoke");
  const pending = device.wipeState === "REQUESTED" || device.wipeState === "DELIVERED";
  if (mayWipe && (!pending || device.wipeAfterPush === true)) found.push("wipe");
  if (mayWipe && device.wipeState === "REQUESTED") found.push("cancelWipe");
  return found;
}
