/** Runs a command the way it can be run: queued on the device, or, where only the server does it, asked of it now. */
import { useCallback } from "react";
import type { Device, Row } from "~/device/api";
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

const AT_ONCE = 200;

/** One command for each of these rows, in bundles that are done as a whole. Returns how many were. Raises Refused, NoNetwork. */
export async function runOnAll(device: Device, collection: string, command: Command, ids: readonly string[], argsOf: (row: Row) => JsonObject | null): Promise<number> {
  let count = 0;
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const rows = await device.rows(collection, ids.slice(from, from + AT_ONCE));
    const calls = rows.flatMap((row) => {
      const args = argsOf(row);
      return args === null ? [] : [{ command: command.name, args }];
    });
    if (command.offline && calls.length > 0) await device.mutateAll(calls);
    else for (const call of calls) await runCommand(device, command, call.args);
    count += calls.length;
  }
  return count;
}
