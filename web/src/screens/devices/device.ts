/** A device as the registry tells it (graphql/operations/devices.graphql). */
export type DeviceState = "HEALTHY" | "BEHIND" | "STUCK" | "SILENT" | "UNENCRYPTED" | "WIPE_PENDING" | "WIPED" | "REVOKED";

export interface RegisteredDevice {
  readonly id: string;
  readonly name: string;
  readonly platform: string;
  readonly osVersion: string | null;
  readonly appVersion: string | null;
  readonly client: string | null;
  readonly member: { readonly id: string; readonly name: string } | null;
  readonly memberId: string;
  readonly lastContactAt: string;
  readonly lastSeenAt: string;
  readonly pulledAt: string | null;
  readonly lag: number | null;
  readonly lagSeconds: number | null;
  readonly queued: number;
  readonly queueAgeSeconds: number | null;
  readonly stuckOperations: number | null;
  readonly replicaBytes: string | number | null;
  readonly encrypted: boolean | null;
  readonly persistent: boolean | null;
  readonly states: readonly DeviceState[];
  readonly revokedAt: string | null;
  readonly wipeState: "NONE" | "REQUESTED" | "DELIVERED" | "CONFIRMED";
  readonly wipeReason: string | null;
  readonly wipeAfterPush: boolean | null;
  readonly wipeRequestedAt: string | null;
  readonly wipeRequestedBy: { readonly id: string; readonly name: string } | null;
  readonly wipeDeliveredAt: string | null;
  readonly wipedAt: string | null;
  readonly wipeErasedAt: string | null;
  readonly wipeMethod: string | null;
  readonly wipeUnsent: number | null;
  readonly originId: string | null;
  readonly createdAt: string;
}

export interface DeviceHealth {
  readonly total: number;
  readonly healthy: number;
  readonly behind: number;
  readonly silent: number;
  readonly stuck: number;
  readonly unencrypted: number;
  readonly revoked: number;
  readonly wipePending: number;
  readonly wiped: number;
}

export type Act = "rename" | "revoke" | "wipe" | "cancelWipe";

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
