/** Series out of which this device numbers documents by itself. */

export const ORDER_SERIES = "sales.order";

/** By the command that takes a number of it: whoever may call that gets some before the first document is made. */
export const NUMBERED: Readonly<Record<string, string>> = { "sales.create_order": ORDER_SERIES };
