/** Days of a zone, where clocks skip and repeat hours. */
import { describe, expect, it } from "vitest";
import { behind, dayAfter, firstDay, offsetsBetween, onWire, startOfDay } from "~/values/zones";

const start = (day: string, zone: string): string => onWire(startOfDay(day, zone));

describe("a day begins", () => {
  it.each([
    ["2026-03-05", "Asia/Shanghai", "2026-03-04T16:00:00.000000Z"],
    ["2026-07-05", "Europe/Berlin", "2026-07-04T22:00:00.000000Z"],
    ["2026-03-30", "Europe/Berlin", "2026-03-29T22:00:00.000000Z"],
    ["2026-01-01", "Asia/Kathmandu", "2025-12-31T18:15:00.000000Z"],
    ["2026-01-01", "America/Los_Angeles", "2026-01-01T08:00:00.000000Z"],
    // Havana's clock skips midnight: the day begins at one.
    ["2026-03-08", "America/Havana", "2026-03-08T05:00:00.000000Z"],
    ["2026-01-01", "UTC", "2026-01-01T00:00:00.000000Z"],
  ])("%s in %s at %s", (day, zone, at) => {
    expect(start(day, zone)).toBe(at);
  });
});

it("spans have a first day and one behind them", () => {
  expect(["2026", "2026-12", "2026-02-28", "2028-02-28"].map(behind)).toEqual(["2027-01-01", "2027-01-01", "2026-03-01", "2028-02-29"]);
  expect(["2026", "2026-12", "2026-02-28"].map(firstDay)).toEqual(["2026-01-01", "2026-12-01", "2026-02-28"]);
  expect([dayAfter("2026-03-01", -1), dayAfter("2026-12-31", 1)]).toEqual(["2026-02-28", "2027-01-01"]);
});

it("offsets are found to the minute of their change", () => {
  const [from, to] = [new Date("2026-01-01T00:00:00Z"), new Date("2026-12-31T00:00:00Z")];
  expect(offsetsBetween(from, to, "Asia/Shanghai")).toEqual([{ until: null, minutes: 480 }]);
  expect(offsetsBetween(from, to, "Europe/Berlin")).toEqual([
    { until: new Date("2026-03-29T01:00:00Z"), minutes: 60 },
    { until: new Date("2026-10-25T01:00:00Z"), minutes: 120 },
    { until: null, minutes: 60 },
  ]);
});
