/** Runs a command the way it can be run: queued on the device, or, where only the server does it, asked of it now. */
import { useCallback } from "react";
import type { Device } from "~/device/api";
import type { Operations } from "~/generated/operations";
import type { Command } from "~/values/description";
import type { JsonObject } from "~/values/json";
import { useDevice } from "./device_context";

/** Commands on rows that the device has, but that only the server carries out. */
const ONLINE: Readonly<Record<string, keyof Operations>> = {
  "tenants.create_tag": "CreateTag",
  "tenants.edit_tag": "EditTag",
  "tenants.archive_tag": "ArchiveTag",
  "tenants.restore_tag": "RestoreTag",
  "tenants.edit_custom_field": "EditCustomField",
  "tenants.archive_custom_field": "ArchiveCustomField",
  "tenants.restore_custom_field": "RestoreCustomField",
};

/** Whether a command that no queue takes can be asked for from here. */
export function runsOnline(command: string): boolean {
  return command in ONLINE;
}

export async function runCommand(device: Device, command: Command, args: JsonObject, key?: string): Promise<string | null> {
  const operation = ONLINE[command.name];
  if (command.offline || operation === undefined) return (await device.mutate(command.name, args, key)).rowId;
  const answer = await device.ask<Readonly<Record<string, { readonly id: string } | null>>>(operation, { input: args });
  // So that what is shown next is what the server has.
  await device.sync();
  return Object.values(answer)[0]?.id ?? null;
}

/** The row's id. Raises Refused, NoNetwork. */
export function useRunCommand(): (command: Command, args: JsonObject, key?: string) => Promise<string | null> {
  const device = useDevice();
  return useCallback((command, args, key) => runCommand(device, command, args, key), [device]);
}
