/** The sources of what waits for a release today. */
import { colleagues } from "./source_inbox";
import { draftOrders } from "./source_orders";
import type { Source } from "./source";
import { openCounts } from "./source_counts";
import { wipes } from "./source_wipes";

export const SOURCES: readonly Source[] = [draftOrders, colleagues, openCounts, wipes];
