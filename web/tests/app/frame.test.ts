import { describe, expect, it } from "vitest";
import { deviceName } from "~/app/entrance/device_name";
import { signInInput } from "~/app/entrance/sign_in";
import { signUpInput } from "~/app/entrance/sign_up";
import { firstLanguage, firstTheme } from "~/app/preferences";
import { moduleOf } from "~/app/module_of";
import { isPlace } from "~/app/routes";
import { grouped } from "~/app/shell/findings";
import { isWithin, SECTIONS } from "~/app/shell/navigation";
import { shortcutOf } from "~/app/shell/shortcuts";
import { secondTab } from "~/app/shell/bottom_bar";
import { trialDaysLeft } from "~/app/shell/standing_bar";
import { covers } from "~/data/access_context";
import { spans } from "~/data/figures";
import { followUpSpan, unsettled } from "~/data/todos";
import type { CompanyAccess, Row } from "~/device/api";
import { helpOn, TOPICS } from "~/help/topics";
import { plural } from "~/ui/labels";
import { demoId, demoIds } from "~/values/demo_ids";

describe("signing in", () => {
  const fields = { identifier: " a@b.c ", password: " pass word ", orgCode: "12", account: "wu", phone: "139", code: "1234", totp: "", recoveryCode: "" };

  it("sends what belongs to the way, nothing that is empty, passwords untouched", () => {
    expect(signInInput("password", fields)).toEqual({ identifier: "a@b.c", password: " pass word " });
    expect(signInInput("code", fields)).toEqual({ identifier: "139", code: "1234" });
    expect(signInInput("organisation", { ...fields, totp: "999999" })).toEqual({ orgCode: "12", account: "wu", password: " pass word ", totp: "999999" });
  });

  it("signs up by one way only, with the demo when it was wished", () => {
    const up = { companyName: "云帆 ", adminName: "陈", phone: "139", code: "1", email: "a@b.c", password: "p", totp: "", begin: "demo" as const };
    expect(signUpInput("email", up, "zh-CN", "Asia/Shanghai")).toEqual({
      companyName: "云帆",
      adminName: "陈",
      email: "a@b.c",
      password: "p",
      language: "zh-CN",
      zone: "Asia/Shanghai",
      demoData: true,
    });
    expect(signUpInput("phone", { ...up, begin: "empty", password: "" }, "en", "UTC")).not.toHaveProperty("password");
    expect(signUpInput("phone", { ...up, begin: "empty" }, "en", "UTC")).toMatchObject({ phone: "139", demoData: false });
  });

  it("calls a device by its browser and system", () => {
    expect(deviceName("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0")).toBe("Edge · Windows");
    expect(deviceName("Mozilla/5.0 (Linux; Android 15) Chrome/156 Mobile Safari/537.36")).toBe("Chrome · Android");
    expect(deviceName("curl")).toBe("Web");
  });
});

describe("who may and has what", () => {
  it("nobody of a company is led to the operators' page", () => {
    expect(SECTIONS.flatMap(({ entries }) => entries.map(({ to }) => to))).not.toContain("/ops");
    expect(isPlace("/ops")).toBe(false);
  });

  it("a permission is covered by itself, by a part's star, by the star", () => {
    expect(covers(["party.customer.view"], "party.customer.edit")).toBe(false);
    expect(covers(["party.*"], "partying.customer.edit")).toBe(false);
    expect(covers(["party.*"], "party.customer.edit")).toBe(true);
    expect(covers(["*"], "anything")).toBe(true);
    expect(covers([], "anything")).toBe(false);
  });

  it("the bottom bar follows what one may do: a keeper counts, whoever follows customers up has those", () => {
    const of = (held: readonly string[], modules: readonly string[] = ["crm", "inventory"]) => secondTab((wanted) => wanted === null || covers(held, wanted), (module) => module === null || modules.includes(module));
    expect(of([])).toBeNull();
    expect(of(["inventory.*", "party.customer.view"], ["crm"])).toBe("customers");
    expect(of(["inventory.stock_balance.view"])).toBe("stock");
    expect(of(["inventory.*", "party.customer.view"])).toBe("count");
    expect(of(["*"])).toBe("customers");
    expect(of(["party.*"])).toBe("customers");
  });

  it("counts whole days of a trial, the last one as 0, and none of a subscription", () => {
    const access: CompanyAccess = { state: "trial", endsAt: null, trialEndsAt: "2026-12-08T00:00:00Z", modules: [], writable: true, reason: null, remedy: null, baseCurrency: "CNY", timeZone: "Asia/Shanghai" };
    expect(trialDaysLeft(access, Date.parse("2026-12-07T08:00:00Z"))).toBe(0);
    expect(trialDaysLeft(access, Date.parse("2026-12-04T23:00:00Z"))).toBe(3);
    expect(trialDaysLeft(access, Date.parse("2027-01-01T00:00:00Z"))).toBe(0);
    expect(trialDaysLeft({ ...access, state: "active" })).toBeNull();
    expect(trialDaysLeft(null)).toBeNull();
  });
});

describe("places", () => {
  it("the navigation names only places with a screen", () => {
    for (const entry of SECTIONS.flatMap((section) => section.entries)) expect(isPlace(entry.to), entry.to).toBe(true);
    expect(isPlace("/nowhere")).toBe(false);
    expect(isPlace("/map/x")).toBe(false);
  });

  it("a row's page lies within its list, the workbench only at the root", () => {
    const entry = { to: "/list/customers", icon: null, collection: "customers", permissions: [], module: null };
    expect(isWithin(entry, "/customers/1")).toBe(true);
    expect(isWithin(entry, "/list/customersX")).toBe(false);
    expect(isWithin({ ...entry, to: "/" }, "/todo")).toBe(false);
  });
});

describe("keys", () => {
  const pressed = { key: "k", ctrlKey: false, metaKey: false, altKey: false, defaultPrevented: false };

  it("nothing is taken from somebody who types, Ctrl-K apart", () => {
    expect(shortcutOf({ ...pressed, key: "?" }, true)).toBeNull();
    expect(shortcutOf({ ...pressed, key: "/" }, true)).toBeNull();
    expect(shortcutOf({ ...pressed, ctrlKey: true }, true)).toBe("search");
  });

  it("searches and helps", () => {
    expect(shortcutOf({ ...pressed, metaKey: true, key: "K" }, false)).toBe("search");
    expect(shortcutOf({ ...pressed, key: "/" }, false)).toBe("search");
    expect(shortcutOf({ ...pressed, key: "？" }, false)).toBe("help");
    expect(shortcutOf({ ...pressed, ctrlKey: true, defaultPrevented: true }, false)).toBeNull();
    expect(shortcutOf(pressed, false)).toBeNull();
  });
});

describe("to-dos", () => {
  const activity = (id: string, customerId: string, happenedAt: string): Row => ({ id, version: 1, _state: null, customerId, happenedAt });

  it("a next step is settled by any later follow-up with the customer, not by another's, nor by itself", () => {
    const [first, second, third] = [activity("1", "a", "2026-01-01"), activity("2", "b", "2026-01-02"), activity("3", "a", "2026-01-03")];
    expect(unsettled([first, second, third], [second, third])).toEqual([second, third]);
    expect(unsettled([first], [])).toEqual([first]);
  });

  it("reaches to the end of the local day", () => {
    const { from, to } = followUpSpan(new Date(2026, 10, 23, 9, 30));
    expect(new Date(to).getTime()).toBe(new Date(2026, 10, 24).getTime() - 1);
    expect(from < to).toBe(true);
    expect(to).toMatch(/\.\d{6}Z$/);
  });

  it("weeks begin on Monday, months on the first", () => {
    expect(spans(new Date(2026, 10, 22, 12)).month).toBe("2026-11-01");
    expect(new Date(spans(new Date(2026, 10, 22, 12)).weekAt).getTime()).toBe(new Date(2026, 10, 16).getTime());
    expect(new Date(spans(new Date(2026, 10, 23, 0, 1)).weekAt).getTime()).toBe(new Date(2026, 10, 23).getTime());
    // Half past five in the afternoon of 30 November in London: in Shanghai it is December, and Tuesday.
    const late = new Date("2026-11-30T17:30:00Z");
    expect(spans(late, "Asia/Shanghai")).toEqual({ month: "2026-12-01", monthAt: "2026-11-30T16:00:00.000000Z", weekAt: "2026-11-29T16:00:00.000000Z" });
    expect(spans(late, "Europe/London")).toEqual({ month: "2026-11-01", monthAt: "2026-11-01T00:00:00.000000Z", weekAt: "2026-11-30T00:00:00.000000Z" });
  });
});

describe("demo data", () => {
  const tenant = "01890a5d-ac96-774b-bcce-b302099a8057";

  it("is recognised by the ids that the server gave it", () => {
    // From modules/bridges/demo_rows.py for this tenant.
    expect(demoId(tenant, "customer", 0)).toBe("83e87484-59ad-7d92-820f-38efd7ce5520");
    expect(demoId(tenant, "product", 5)).toBe("3aa4ac41-4a62-73a1-85d6-ba400dc391ff");
    expect(demoId(tenant, "order", 1)).toBe("366978b6-9628-774b-8213-91cde1078bc2");
    expect(new Set(demoIds(tenant, "customer")).size).toBe(60);
  });
});

describe("words", () => {
  it("speaks Chinese to whoever reads it or said nothing", () => {
    expect([firstLanguage(null, ["en-US"]), firstLanguage(null, ["en", "zh-TW"]), firstLanguage(null, []), firstLanguage("en", ["zh"])]).toEqual(["en", "zh-CN", "zh-CN", "en"]);
    expect([firstTheme("dark"), firstTheme("blue"), firstTheme(null)]).toEqual(["dark", "system", "system"]);
  });

  it("makes plurals", () => {
    expect(["Customer", "Activity", "Inbox entry", "Stock balance", "Address", "Stock move"].map(plural)).toEqual([
      "Customers", "Activities", "Inbox entries", "Stock balances", "Addresses", "Stock moves",
    ]);
  });

  it("keeps hits of a kind together, the best kind first", () => {
    const hit = (collection: string, id: string) => ({ collection, row: { id, version: 1, _state: null } });
    expect(grouped([hit("b", "1"), hit("a", "2"), hit("b", "3")]).map(({ row }) => row.id)).toEqual(["1", "3", "2"]);
  });

  it("every topic of help is whole in both languages", async () => {
    expect(TOPICS.length).toBeGreaterThan(20);
    for (const topic of TOPICS) {
      const help = await helpOn(topic);
      const all = [help?.title, help?.purpose, help?.offline, ...(help?.steps ?? []), ...(help?.tips ?? [])];
      for (const words of all) expect(words?.every((text) => text.trim() !== ""), topic).toBe(true);
      expect(help?.steps.length, topic).toBeGreaterThan(0);
    }
    expect(await helpOn("nonsense")).toBeNull();
  });
});

describe("what a company has to have for a place", () => {
  it.each([
    ["/", null],
    ["/settings/members", null],
    ["/list/nothing", null],
    ["/list/salesOrders", "sales"],
    ["/orders/new", "sales"],
    ["/counts/0190", "inventory"],
    ["/new/stockMoves", "inventory"],
    ["/follow-up", "crm"],
  ])("%s: %s", (place, module) => {
    expect(moduleOf(place)).toBe(module);
  });
});
