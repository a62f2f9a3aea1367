/** What travels between a tab and the worker of its member. */
import { type Me, NoNetwork, Refused, type SyncStatus } from "./api";
import type { AppVersion } from "./app_version";

/** One question. `id` is the tab's own; the same id is sent again only to another worker. */
export interface Call {
  readonly kind: "call";
  readonly tab: string;
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** A tab asks who leads. */
export interface Hello {
  readonly kind: "hello";
  readonly tab: string;
}

export interface Answer {
  readonly kind: "answer";
  readonly id: number;
  readonly value?: unknown;
  readonly failure?: Failure;
}

/** A worker is ready for calls. `epoch` is its own. */
export interface Leads {
  readonly kind: "leads";
  readonly epoch: string;
  readonly app: AppVersion;
  readonly me: Me;
  readonly status: SyncStatus;
}

export type Notice =
  | Leads
  | { readonly kind: "change"; readonly collections: readonly string[] }
  | { readonly kind: "status"; readonly status: SyncStatus }
  | { readonly kind: "me"; readonly me: Me }
  /** The member left this device: signed out, forgotten, wiped. */
  | { readonly kind: "left"; readonly failure: Failure };

/** Tabs to the leading tab, and what it answers on the asking tab's channel. */
export type ToLeader =
  | { readonly kind: "alive?"; readonly tab: string }
  /** A tab of a newer version asks for the place. */
  | { readonly kind: "step-down"; readonly app: AppVersion };
export type ToTab = Answer | Leads | { readonly kind: "alive" };

/** An error as it travels. */
export interface Failure {
  readonly name: "Refused" | "NoNetwork" | "Error";
  readonly message: string;
  readonly code?: string;
  readonly remedy?: string;
  readonly field?: string | null;
}

export function failureOf(wrong: unknown): Failure {
  if (wrong instanceof Refused) return { name: "Refused", code: wrong.code, message: wrong.message, remedy: wrong.remedy, field: wrong.field };
  if (wrong instanceof NoNetwork) return { name: "NoNetwork", message: wrong.message };
  return { name: "Error", message: wrong instanceof Error ? `${wrong.name}: ${wrong.message}` : String(wrong) };
}

export function errorOf(failure: Failure): Error {
  if (failure.name === "Refused") return new Refused(failure.code ?? "UNKNOWN", failure.message, failure.remedy, failure.field);
  return failure.name === "NoNetwork" ? new NoNetwork(failure.message) : new Error(failure.message);
}
