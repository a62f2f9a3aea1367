import variables from "../support/server_variables.json";

/** A device of the tests' server may push so many mutations at once: more than any other test has. */
export const MUTATIONS_AT_ONCE = Number(variables.YUNFAN_SYNC_QUOTAS.split("/")[1]);
