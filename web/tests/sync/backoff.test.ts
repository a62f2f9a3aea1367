import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { pauseSeconds } from "~/sync/backoff";

interface Case {
  readonly name: string;
  readonly status: number;
  readonly attempt: number;
  readonly retryAfter: string | null;
  readonly jitter: number;
  readonly seconds: number | null;
}

const CASES = JSON.parse(readFileSync(fileURLToPath(new URL("../../../sync/vectors/backoff.json", import.meta.url)), "utf8")) as Case[];

describe("when to come again", () => {
  test.each(CASES)("$name", ({ status, attempt, retryAfter, jitter, seconds }) => {
    const pause = pauseSeconds(status, attempt, retryAfter, jitter);
    if (seconds === null) {
      expect(pause).toBeNull();
    } else {
      expect(pause).toBeCloseTo(seconds, 9);
    }
  });
});
