import { describe, expect, it } from "vitest";
import type { Definitions } from "~/data/definitions";
import type { Row } from "~/device/api";
import { DESCRIPTION } from "~/generated/description";
import { problemOf, BLANK, defining, editing, suggestedKey } from "~/screens/custom_fields/definition";
import { editOf } from "~/screens/list/bulk_edit";
import { daysLeft } from "~/screens/recycle_bin/days_left";
import { describe as described } from "~/ui/described";
import { argumentsOf, changedNames, fieldOfRefusal, formFields, missing, startValues } from "~/ui/form_changes";
import type { Command } from "~/values/description";

const DEFINITION: Row = { id: "01", version: 3, _state: null, entity: "party.Customer", key: "pay_days", labelZh: "账期", labelEn: null, kind: "number", required: true, filterable: true, choices: null, currency: null, target: null, position: 0, archivedAt: null };
const DEFINITIONS: Definitions = { schema: null, customFields: [DEFINITION], known: true };
const CUSTOMERS = described("customers", DEFINITIONS);
if (CUSTOMERS === null) throw new Error("customers are described");
const command = (name: string): Command => {
  const found = DESCRIPTION.commands[name];
  if (found === undefined) throw new Error(name);
  return found;
};
const CREATE = command("party.create_customer");
const EDIT = command("party.edit_customer");
const ROW: Row = { id: "c1", version: 7, _state: null, name: "云帆", code: "A1", level: null, tagIds: ["t1"], creditLimitMinor: 100, creditCurrency: "CNY", custom: { pay_days: "30", old: "x" }, notes: "n" };

describe("a form", () => {
  it("misses what is required, the company's own fields too", () => {
    const fields = formFields(CUSTOMERS, CREATE);
    expect(missing(fields, startValues(fields, null))).toEqual(["name", "custom.pay_days"]);
    expect(missing(fields, { ...startValues(fields, null), name: "  ", "custom.pay_days": "0" })).toEqual(["name"]);
  });

  it("sends nothing when nothing was changed", () => {
    const start = startValues(formFields(CUSTOMERS, EDIT), ROW);
    expect(argumentsOf(EDIT, ROW, start, start)).toBeNull();
    expect(argumentsOf(EDIT, ROW, start, { ...start, level: "" })).toBeNull();
  });

  it("sends of an edit only what was changed, of custom fields only those keys", () => {
    const start = startValues(formFields(CUSTOMERS, EDIT), ROW);
    const now = { ...start, code: null, level: "a", "custom.pay_days": "45" };
    expect(changedNames(start, now)).toEqual(["code", "level", "custom.pay_days"]);
    expect(argumentsOf(EDIT, ROW, start, now)).toEqual({ id: "c1", code: null, level: "a", custom: { pay_days: "45" } });
  });

  it("sends of a creation only what was filled in", () => {
    const fields = formFields(CUSTOMERS, CREATE);
    const start = startValues(fields, null, { ownerId: "m1" });
    const now = { ...start, name: " 云帆 ", "custom.pay_days": "30", creditLimitMinor: 100, creditCurrency: "CNY" };
    expect(argumentsOf(CREATE, null, start, now)).toEqual({ name: "云帆", ownerId: "m1", creditLimitMinor: 100, creditCurrency: "CNY", custom: { pay_days: "30" } });
  });

  it("asks for a currency with its amount, not apart", () => {
    const names = formFields(CUSTOMERS, CREATE).map(({ field }) => field.name);
    expect(names).toContain("creditLimitMinor");
    expect(names).not.toContain("creditCurrency");
    expect(names).not.toContain("version");
  });

  it("shows a refusal under the field that it names", () => {
    const fields = formFields(CUSTOMERS, CREATE);
    expect(fieldOfRefusal(fields, "nothing")).toBeNull();
    expect(fieldOfRefusal(fields, null)).toBeNull();
    expect(fieldOfRefusal(fields, "code")).toBe("code");
    expect(fieldOfRefusal(fields, "creditCurrency")).toBe("creditLimitMinor");
    expect(fieldOfRefusal(fields, "custom.pay_days")).toBe("custom.pay_days");
    expect(fieldOfRefusal(fields, "tagIds.0")).toBe("tagIds");
  });
});

describe("one field of many rows", () => {
  const tags = CUSTOMERS.field("tagIds");
  const limit = CUSTOMERS.field("creditLimitMinor");
  const own = CUSTOMERS.field("custom.pay_days");
  if (tags === null || limit === null || own === null) throw new Error("fields");

  it("leaves a row that has and lacks these tags already", () => {
    expect(editOf(ROW, tags, { tagIds: ["t1"] }, ["t2"])).toBeNull();
  });

  it("adds and takes tags, others stay", () => {
    expect(editOf(ROW, tags, { tagIds: ["t2"] }, [])).toEqual({ id: "c1", tagIds: ["t1", "t2"] });
    expect(editOf(ROW, tags, { tagIds: ["t2"] }, ["t1"])).toEqual({ id: "c1", tagIds: ["t2"] });
  });

  it("sends an amount with its currency, and clears both", () => {
    expect(editOf(ROW, limit, { creditLimitMinor: 5, creditCurrency: "JPY" }, [])).toEqual({ id: "c1", creditLimitMinor: 5, creditCurrency: "JPY" });
    expect(editOf(ROW, limit, {}, [])).toEqual({ id: "c1", creditLimitMinor: null, creditCurrency: null });
  });

  it("sends a custom field by its key", () => {
    expect(editOf(ROW, own, { "custom.pay_days": "60" }, [])).toEqual({ id: "c1", custom: { pay_days: "60" } });
  });
});

describe("a custom field's definition", () => {
  it("is refused before the server has to", () => {
    const taken = new Set(["vip"]);
    expect(problemOf(BLANK, taken)).toBe("labelZh");
    expect(problemOf({ ...BLANK, labelZh: "级别", key: "1x" }, taken)).toBe("key");
    expect(problemOf({ ...BLANK, labelZh: "级别", key: "vip" }, taken)).toBe("keyTaken");
    expect(problemOf({ ...BLANK, labelZh: "级别", key: "level", kind: "choice" }, taken)).toBe("choices");
    expect(problemOf({ ...BLANK, labelZh: "级别", key: "level", kind: "choice", choices: [{ value: null, zh: "甲", en: "" }, { value: null, zh: "甲 ", en: "" }] }, taken)).toBe("choices");
    expect(problemOf({ ...BLANK, labelZh: "归属", key: "of", kind: "reference" }, taken)).toBe("target");
    expect(problemOf({ ...BLANK, labelZh: "级别", key: "level" }, taken)).toBeNull();
  });

  it("gets a key from its English label, never a taken one", () => {
    expect(suggestedKey("Payment terms (days)", new Set())).toBe("payment_terms_days");
    expect(suggestedKey("2nd phone", new Set())).toBe("nd_phone");
    expect(suggestedKey("账期", new Set(["field_1"]))).toBe("field_2");
    expect(suggestedKey("VIP", new Set(["vip", "vip_2"]))).toBe("vip_3");
  });

  it("sends only what its kind has, and of an edit only what was changed", () => {
    expect(defining("party.Customer", { ...BLANK, labelZh: "账期", key: "days", kind: "number", currency: "USD" })).toEqual({ entity: "party.Customer", key: "days", kind: "number", labelZh: "账期", required: false, filterable: true });
    const same = { ...BLANK, labelZh: "账期", key: "pay_days", kind: "number", required: true } as const;
    expect(editing(DEFINITION, same)).toBeNull();
    expect(editing(DEFINITION, { ...same, labelEn: "Days" })).toEqual({ id: "01", version: 3, labelEn: "Days" });
  });
});

describe("the recycle bin", () => {
  it("counts whole days, and never below none", () => {
    const now = Date.parse("2026-03-31T12:00:00Z");
    expect(daysLeft("2026-03-31T12:00:00Z", now)).toBe(30);
    expect(daysLeft("2026-03-02T00:00:00Z", now)).toBe(0);
    expect(daysLeft("2026-01-01T00:00:00Z", now)).toBe(0);
    expect(daysLeft("2026-03-30T11:59:59Z", now)).toBe(28);
  });
});
