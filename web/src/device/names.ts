/** Names under which the tabs of one member find each other. All begin with the account's key: others never hear. */

/** Held by the tab that owns the worker. */
export const leaderLock = (key: string): string => `yunfan/${key}`;
/** Held by a worker as long as it lives: whoever gets it knows that it is gone. */
export const workerLock = (key: string): string => `yunfan/${key}/worker`;
/** Held by a tab as long as it lives. */
export const tabLock = (tab: string): string => `yunfan/tab/${tab}`;

/** Tabs to the worker. */
export const callsChannel = (key: string): string => `yunfan/${key}/calls`;
/** The worker to all tabs. */
export const noticesChannel = (key: string): string => `yunfan/${key}/notices`;
/** Tabs to the tab that leads. */
export const leadChannel = (key: string): string => `yunfan/${key}/lead`;
/** To one tab. */
export const tabChannel = (key: string, tab: string): string => `yunfan/${key}/tab/${tab}`;
