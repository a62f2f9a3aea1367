/** A device of the tests' server may push so many mutations at once: more than any other test has. */
export const MUTATIONS_AT_ONCE = 300;
