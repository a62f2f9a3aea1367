/** The shelf of modules: what was bought, what is free for a while, what is not there. */
import { expect, test } from "vitest";
import type { CompanyAccess } from "~/device/api";
import { moduleState, SHELF } from "~/screens/modules/shelf";
import { NOT_YET_MODULES } from "~/ui/not_yet_modules";
import { daysLeft, lastDay } from "~/ui/standing";

const ACCESS: CompanyAccess = { state: "active", endsAt: null, trialEndsAt: "2026-12-08T00:00:00Z", modules: ["crm", "sales"], onTrial: ["sales"], writable: true, reason: null, remedy: null, baseCurrency: "CNY", timeZone: "Asia/Shanghai" };
const CRM = { code: "crm", start: "/list/customers" };
const SALES = { code: "sales", start: "/list/salesOrders" };

test("what the company does not have is never called bought", () => {
  expect(moduleState({ code: "inventory", start: "/list/stockBalances" }, ACCESS)).toBe("notBought");
  expect(moduleState({ code: "office", start: null }, { ...ACCESS, modules: ["office"] })).toBe("later");
  expect(moduleState(CRM, null)).toBe("unknown");
  expect(moduleState(CRM, { ...ACCESS, writable: false })).toBe("readable");
});

test("who subscribes early has the other modules on trial until it ends", () => {
  expect(moduleState(CRM, ACCESS)).toBe("bought");
  expect(moduleState(SALES, ACCESS)).toBe("trial");
});

test("while the trial runs nothing is bought; an account kept by an older app counts as it did", () => {
  expect(moduleState(CRM, { ...ACCESS, state: "trial" })).toBe("trial");
  const { onTrial: _, ...older } = ACCESS;
  expect(moduleState(SALES, older)).toBe("bought");
});

test("what is not part of this version is the same on the shelf and in the settings", () => {
  expect(SHELF.filter(({ start }) => start === null).map(({ code }) => code)).toEqual([...NOT_YET_MODULES]);
});

test("one rule says until when: the last day, and 15 days left on the first of fifteen", () => {
  const ends = "2026-12-08T16:00:00Z"; // midnight in Shanghai, behind 8 December
  expect(lastDay(ends, "Asia/Shanghai", "zh-CN")).toBe("2026-12-08");
  expect(daysLeft(ends, Date.parse("2026-11-23T04:00:00Z"))).toBe(15);
  expect(daysLeft(ends, Date.parse("2026-12-08T15:59:00Z"))).toBe(0);
  expect(daysLeft(ends, Date.parse("2026-12-20T00:00:00Z"))).toBe(0);
});
