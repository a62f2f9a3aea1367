import { describe, expect, it } from "vitest";
import { dayText, exactInstant, instantOfLocal, instantText, localMinute } from "~/values/moments";

describe("instants", () => {
  it("are told on the reader's clock, over midnight too", () => {
    expect(instantText("2026-03-05T16:30:00.000000Z", "zh-CN", "Asia/Shanghai")).toBe("2026-03-06 00:30");
    expect(instantText("2026-03-05T16:30:00.000000Z", "zh-CN", "America/New_York")).toBe("2026-03-05 11:30");
    expect(instantText("2026-03-05T16:30:00.000000Z", "en", "Asia/Shanghai")).toBe("6 Mar 2026, 00:30");
    expect(exactInstant("2026-03-05T16:30:07.123456Z", "Asia/Shanghai")).toBe("2026-03-06 00:30:07 Asia/Shanghai");
  });

  it("stay as they are where they are none", () => {
    expect(instantText("soon", "zh-CN")).toBe("soon");
    expect(instantOfLocal("soon")).toBeNull();
    expect(localMinute("soon")).toBe("");
  });

  it("go from an input and back to the same minute", () => {
    const instant = instantOfLocal("2026-03-05T14:07");
    expect(instant).toMatch(/^\d{4}-\d\d-\d\dT\d\d:07:00\.000000Z$/);
    expect(localMinute(instant ?? "")).toBe("2026-03-05T14:07");
  });
});

describe("days", () => {
  it("are the same day for every reader", () => {
    expect(dayText("2026-03-05", "zh-CN")).toBe("2026-03-05");
    expect(dayText("2026-03-05", "en")).toBe("5 Mar 2026");
    expect(dayText("not a day", "en")).toBe("not a day");
  });
});
