declare const __TEST_VERSION__: string;

/** A chunk that is loaded when it is needed. */
export const LATER = `later ${__TEST_VERSION__}`;
