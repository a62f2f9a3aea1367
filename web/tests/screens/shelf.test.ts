/** The shelf of modules: what was bought, what is free for a while, what is not there. */
import { expect, test } from "vitest";
import type { CompanyAccess } from "~/device/api";
import { moduleState } from "~/screens/modules/shelf";

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
