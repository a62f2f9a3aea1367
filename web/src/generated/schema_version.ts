/** Written by `yunfan schema`; not to be edited. */
export const SCHEMA_VERSION = 1;
