/** What waits for somebody's release. A module brings its own source and adds it to SOURCES (sources.ts). */
import type { ReactNode } from "react";

export interface Waiting {
  readonly id: string;
  readonly title: ReactNode;
  /** As plain words: what a screen reader hears. */
  readonly called: string;
  readonly detail: ReactNode;
  /** Since when, RFC 3339. */
  readonly since: string | null;
  /** Where it can be looked at whole. */
  readonly path: string | null;
  /** The keys of the decisions that it allows. */
  readonly decisions: readonly string[];
}

/** A decision, for one or for several at once. */
export interface Decision {
  readonly key: string;
  readonly label: string;
  readonly danger?: boolean;
  /** Asked once before it is done. */
  readonly ask: (count: number) => string;
  readonly consequence: string;
  /** Does it for all of them. Raises Refused, NoNetwork. */
  readonly run: (waiting: readonly Waiting[]) => Promise<void>;
}

export interface Found {
  readonly waiting: readonly Waiting[] | undefined;
  readonly total: number;
  readonly error: Error | null;
  readonly decisions: readonly Decision[];
}

export interface Source {
  readonly key: string;
  /** Whether this member decides about such things at all. */
  readonly permission: string;
  readonly useTitle: () => string;
  readonly useFound: () => Found;
}
