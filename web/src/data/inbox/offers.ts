/** What a person may decide about an entry. The server has the last word; this is what a clerk is offered. */
import type { MemberSchema } from "~/device/api";
import type { Description } from "~/values/description";
import { type Entry, object } from "./entry";

/** Why what was kept is not offered to be submitted again. */
export type NoMine =
  | "unknown" // no app knows the command any more, or it only runs online
  | "gone" // nothing was kept of it
  | "erased" // the person in it was erased at their request
  | "too_large"
  | "older_app" // only as entered anew
  | "decided" // a decision that came second
  | "waits" // for another entry, or for the subscription
  | "not_yours" // somebody else's, and no right to decide about it
  | "no_right"; // what was kept asks for a right that is gone

export interface Offers {
  /** Submit what was kept over the present values. */
  readonly mine: boolean;
  /** Mine for some fields, theirs for the others. */
  readonly fields: boolean;
  /** There is another value, which stays. Without: the entry can only be discarded. */
  readonly theirs: boolean;
  readonly discard: boolean;
  /** Fill it in anew. */
  readonly edit: boolean;
  /** The command that brings the archived row back, which goes ahead of `mine`. */
  readonly restore: string | null;
  readonly noMine: NoMine | null;
  /** May be decided together with others, without a look at its values. */
  readonly together: { readonly mine: boolean; readonly theirs: boolean };
}

export interface Decider {
  readonly memberId: string;
  readonly permissions: ReadonlySet<string>;
  readonly schema: MemberSchema | null;
  readonly commands: Description["commands"];
}

export const RESOLVE = "tenants.resolve_inbox_entry";
export const RESOLVE_RIGHT = "tenants.inbox.resolve";
export const EDIT_CLASHED = "EDIT_CLASHED";
/** Somebody confirmed an order that stood otherwise by then. */
export const ORDER_CHANGED = "ORDER_CHANGED_SINCE_SEEN";

const NEVER: Readonly<Record<string, NoMine>> = {
  COMMAND_UNKNOWN: "unknown",
  COMMAND_ONLINE_ONLY: "unknown",
  COMMAND_RETIRED: "unknown",
  MUTATION_TOO_LARGE: "too_large",
  EDITS_GONE: "gone",
  RECORD_ERASED: "erased",
  ALREADY_DECIDED: "decided",
};
/** With both sides in sight: the same decision may be right for several entries. */
const CLASHES = new Set([EDIT_CLASHED, "ROW_EDITED_MEANWHILE", "TRANSITION_NOT_ALLOWED", "STATE_CHANGED_MEANWHILE", ORDER_CHANGED, "COUNTED_MEANWHILE", "LINES_COUNTED_MEANWHILE"]);
/** What no person types: which row it is about, and what a screen had shown. */
const UNTYPED = new Set(["id", "version", "seen"]);
const NOTHING: Offers = {
  mine: false,
  fields: false,
  theirs: false,
  discard: false,
  edit: false,
  restore: null,
  noMine: null,
  together: { mine: false, theirs: false },
};

/** Whether the entry is this member's to decide, by ownership or by right. */
export function mayDecide(entry: Entry, decider: Decider): boolean {
  return entry.ownerId === decider.memberId || decider.permissions.has(RESOLVE_RIGHT);
}

export function offersFor(entry: Entry, decider: Decider): Offers {
  if (!mayDecide(entry, decider)) return { ...NOTHING, noMine: "not_yours" };
  if (entry.state === "waiting") return { ...NOTHING, discard: true, noMine: "waits" };
  const never = NEVER[entry.code] ?? lacking(entry, decider);
  const edit = never === null && entry.command !== RESOLVE;
  if (entry.state === "parked") return { ...NOTHING, discard: true, edit: edit && editable(entry, decider), noMine: never ?? "waits" };
  const theirs = entry.differences.some((found) => found.told.theirs && JSON.stringify(found.theirs) !== JSON.stringify(found.base));
  const noMine = never ?? (entry.code === "MADE_BY_OLDER_APP" ? "older_app" : null);
  const mine = noMine === null;
  return {
    mine,
    fields: mine && merges(entry.command, decider) && entry.differences.filter((found) => found.told.mine).length > 1,
    theirs,
    discard: true,
    edit: edit && editable(entry, decider),
    restore: mine && entry.code === "ROW_ARCHIVED" ? restoreOf(entry, decider) : null,
    noMine,
    together: { mine: mine && entry.code === EDIT_CLASHED, theirs: theirs && CLASHES.has(entry.code) },
  };
}

/** Whether a command is an edit, which merges field by field. */
export function merges(command: string, decider: Pick<Decider, "schema" | "commands">): boolean {
  const known = decider.schema?.commands[command];
  return known === undefined ? decider.commands[command]?.effect === "edit" : known.merges && known.effect === "edit";
}

function lacking(entry: Entry, decider: Decider): NoMine | null {
  const command = decider.commands[entry.command];
  if (command === undefined || !command.offline) return "unknown";
  if (entry.command === RESOLVE) return null;
  return command.permission === null || decider.permissions.has(command.permission) ? null : "no_right";
}

/** A form asks for something: the command takes more than the row it is about. */
function editable(entry: Entry, decider: Decider): boolean {
  const taken = decider.commands[entry.command]?.arguments ?? [];
  return taken.some((argument) => !UNTYPED.has(argument.name));
}

function restoreOf(entry: Entry, decider: Decider): string | null {
  const collection = decider.commands[entry.command]?.collection;
  if (collection === null || collection === undefined || entry.rowId === null) return null;
  const found = Object.values(decider.commands).find((command) => command.collection === collection && command.effect === "restore");
  if (found === undefined || (found.permission !== null && !decider.permissions.has(found.permission))) return null;
  return found.name;
}

/** The entry that a refused decision was about, and what had been typed for it. */
export function aboutEntry(entry: Entry): { readonly entryId: string; readonly typed: Entry["arguments"] } | null {
  if (entry.command !== RESOLVE) return null;
  const entryId = entry.arguments["id"];
  return typeof entryId === "string" ? { entryId, typed: object(entry.arguments["arguments"]) } : null;
}
