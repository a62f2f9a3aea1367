/** What tabs of different versions of the app tell each other, to find out who may work with whom. */
import { SCHEMA_VERSION } from "~/generated/schema_version";
import { LAYOUT } from "~/replica/own_file";

/** The protocol between tabs and worker. Grows with every change of a call that older tabs or workers do not know. */
const CALLS = 1;
/** The oldest tabs that this worker serves. */
const CALLS_SINCE = 1;

export interface AppVersion {
  readonly calls: number;
  readonly callsSince: number;
  /** Of the replica's files. */
  readonly layout: number;
  /** Of the sync schema. */
  readonly schema: number;
}

export const THIS_APP: AppVersion = { calls: CALLS, callsSince: CALLS_SINCE, layout: LAYOUT, schema: SCHEMA_VERSION };

/** Whether a tab of the one version can use a worker of the other. */
export function isServedBy(tab: AppVersion, worker: AppVersion): boolean {
  return tab.calls >= worker.callsSince && tab.calls <= worker.calls;
}

/** Whether the one has something that the other does not know. */
export function isNewer(one: AppVersion, other: AppVersion): boolean {
  return one.layout > other.layout || (one.layout === other.layout && (one.schema > other.schema || (one.schema === other.schema && one.calls > other.calls)));
}
