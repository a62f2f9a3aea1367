/** Modules of the price list that are not part of this version: nobody can use them, whoever has them. */
export const NOT_YET_MODULES: ReadonlySet<string> = new Set(["purchasing", "finance", "service", "office", "analytics"]);
