/** When a decision that is on the disk goes out. */
import type { SyncStatus } from "~/device/api";

type Heard = Pick<SyncStatus, "online" | "trouble" | "nextAttemptAt" | "syncing">;

/** Named as the inbox's texts are. A server that answers may still take nothing, or not yet. */
export function submission({ online, trouble, nextAttemptAt, syncing }: Heard): "submittedNow" | "submittedWithNetwork" | "submittedLater" {
  if (!online) return "submittedWithNetwork";
  return trouble !== null || (nextAttemptAt !== null && !syncing) ? "submittedLater" : "submittedNow";
}
