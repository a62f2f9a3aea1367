import { expect, test } from "vitest";
import { activityArguments, type Written } from "~/screens/follow_up/form";
import { shrunkSize } from "~/screens/follow_up/media";
import { quickDays } from "~/screens/follow_up/next_step";
import { degrees, distance } from "~/screens/follow_up/position";

const written: Written = { id: "i", channel: "visit", topic: " 回访 ", content: " ", contactId: null, nextStep: "", nextStepAt: null, position: { latitude: 30.2741001, longitude: 120.155, accuracyMetres: 20 }, enclosures: [], happenedAt: "2026-03-02T01:30:00.000000Z" };

test("the position goes along only where the command takes it and the member left it", () => {
  expect(activityArguments("c", written, false)).not.toHaveProperty("latitude");
  expect(activityArguments("c", { ...written, position: null }, true)).not.toHaveProperty("latitude");
  expect(activityArguments("c", written, true)).toMatchObject({ latitude: "30.2741", longitude: "120.155", accuracyMetres: 20, topic: "回访" });
});

test("what was not said is not sent", () => {
  expect(Object.keys(activityArguments("c", written, false)).toSorted()).toEqual(["channel", "customerId", "happenedAt", "id", "topic"]);
});

test("pictures become smaller, never larger", () => {
  expect(shrunkSize(4_000, 3_000)).toEqual({ width: 2_048, height: 1_536 });
  expect(shrunkSize(640, 480)).toEqual({ width: 640, height: 480 });
  expect(shrunkSize(10_000, 1)).toEqual({ width: 2_048, height: 1 });
});

test("quick days: next Monday, and the last day of a shorter month", () => {
  expect(quickDays(new Date(2026, 0, 31, 10))).toEqual({ tomorrow: "2026-02-01", inThree: "2026-02-03", nextWeek: "2026-02-02", nextMonth: "2026-02-28" });
  expect(quickDays(new Date(2026, 10, 23, 23, 59)).nextWeek).toBe("2026-11-30");
});

test("a kilometre is a kilometre", () => {
  expect(Math.round(distance({ latitude: 30, longitude: 120 }, { latitude: 30.009, longitude: 120 }))).toBeCloseTo(1_001, -1);
  expect(degrees(120.1)).toBe("120.1");
  expect(degrees(0.0000001)).toBe("0");
});
