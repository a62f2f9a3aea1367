/** What the inbox offers and sends, held against entries as the server filed them. */
import { describe, expect, it } from "vitest";
import type { MemberSchema, Row } from "~/device/api";
import { DESCRIPTION } from "~/generated/description";
import { byField, discard, firstValues, keepTheirs, restoreAndTake, resubmit, takeAll } from "~/data/inbox/decision";
import { readEntry, type Entry } from "~/data/inbox/entry";
import { formFields, itemParts } from "~/screens/inbox/form_fields";
import { shownArguments } from "~/screens/inbox/naming";
import { aboutEntry, mayDecide, merges, offersFor, type Decider } from "~/data/inbox/offers";
import filed from "./inbox_entries.json";

type Name = keyof typeof filed.entries;
const entry = (name: Name, changed: Readonly<Record<string, string>> = {}): Entry => readEntry({ ...(filed.entries[name] as unknown as Row), ...changed });
const everything = new Set(Object.values(DESCRIPTION.commands).flatMap((command) => (command.permission === null ? [] : [command.permission])));
const as = (who: keyof typeof filed.people, permissions: ReadonlySet<string> = everything, schema: MemberSchema | null = null): Decider => ({
  memberId: filed.people[who],
  permissions,
  schema,
  commands: DESCRIPTION.commands,
});
const li = as("li");
const none = new Set<string>();

describe("what is refused", () => {
  it("offers nothing about a colleague's entry without the right", () => {
    const clash = entry("clash");
    const wang = as("wang", none);
    expect(mayDecide(clash, wang)).toBe(false);
    expect(offersFor(clash, wang)).toMatchObject({ mine: false, theirs: false, discard: false, edit: false, noMine: "not_yours" });
  });

  it("lets everybody decide about their own without any right, but run nothing that they may not", () => {
    const offers = offersFor(entry("clash"), as("li", none));
    expect(offers).toMatchObject({ mine: false, edit: false, theirs: true, discard: true, noMine: "no_right" });
  });

  it.each([
    ["unknown", "unknown"],
    ["onlineOnly", "unknown"],
    ["erased", "erased"],
    ["alreadyDecided", "decided"],
  ] as const)("never offers to submit %s again", (name, why) => {
    const found = entry(name);
    const offers = offersFor(found, { ...li, memberId: found.ownerId ?? "" });
    expect(offers).toMatchObject({ mine: false, fields: false, edit: false, discard: true, noMine: why });
    expect(offers.together.mine).toBe(false);
  });

  it.each(["COMMAND_UNKNOWN", "COMMAND_ONLINE_ONLY", "COMMAND_RETIRED", "MUTATION_TOO_LARGE", "EDITS_GONE", "RECORD_ERASED"])("keeps to what the server never runs: %s", (code) => {
    expect(offersFor(entry("refusedWhole", { code }), li)).toMatchObject({ mine: false, edit: false, discard: true });
  });

  it("runs what an older app sent only as entered anew", () => {
    expect(offersFor(entry("refusedWhole", { code: "MADE_BY_OLDER_APP" }), li)).toMatchObject({ mine: false, edit: true, noMine: "older_app" });
  });

  it("only discards what waits for the subscription", () => {
    const offers = offersFor(entry("creation", { state: "waiting" }), li);
    expect(offers).toMatchObject({ mine: false, edit: false, theirs: false, discard: true });
  });

  it("offers no choice of fields where the command does not merge", () => {
    const wangs = entry("transition");
    expect(offersFor(wangs, { ...li, memberId: wangs.ownerId ?? "" }).fields).toBe(false);
    const count = entry("lines");
    expect(offersFor(count, { ...li, memberId: count.ownerId ?? "" })).toMatchObject({ mine: true, theirs: true, fields: false });
  });

  it("offers no form for what a screen had shown", () => {
    const told = entry("transition");
    const changed = { ...told, code: "ORDER_CHANGED_SINCE_SEEN", command: "sales.confirm_order", arguments: { id: "o", seen: { totalMinor: 1 } } };
    expect(offersFor(changed, { ...li, memberId: told.ownerId ?? "" })).toMatchObject({ mine: true, edit: false, fields: false, together: { mine: false } });
    expect(shownArguments(changed.arguments, [])).toEqual([]);
  });

  it("takes no half decision", () => {
    expect(byField(entry("clash"), { level: "mine" })).toBeNull();
    expect(byField(entry("creation"), {})).toBeNull();
  });

  it("submits no edit without a field", () => {
    expect(resubmit(entry("clash"), {}, li)).toBeNull();
  });
});

describe("what is offered", () => {
  it("of a clash: mine, theirs, each field, the form; also together with others", () => {
    const offers = offersFor(entry("clash"), li);
    expect(offers).toMatchObject({ mine: true, fields: true, theirs: true, discard: true, edit: true, restore: null, noMine: null, together: { mine: true, theirs: true } });
  });

  it("of a refused value: the form, and nothing of theirs, for nobody changed it", () => {
    expect(offersFor(entry("refusedWhole"), li)).toMatchObject({ mine: true, theirs: false, edit: true, together: { mine: false, theirs: false } });
  });

  it("of an entry that waits for another one: the form and to discard it", () => {
    const parked = entry("parked");
    expect(parked.waitsFor).toEqual([entry("creation").id]);
    expect(offersFor(parked, li)).toMatchObject({ mine: false, edit: true, discard: true, noMine: "waits" });
  });

  it("of an edit of an archived row: to bring the row back first, to whoever may", () => {
    expect(offersFor(entry("archived"), li).restore).toBe("party.restore_customer");
    expect(offersFor(entry("archived"), as("li", new Set(["party.customer.edit"])))).toMatchObject({ mine: true, restore: null });
  });

  it("of an archive that met an edit: to archive all the same, as a whole and without a form", () => {
    const found = entry("editedMeanwhile");
    expect(offersFor(found, { ...li, memberId: found.ownerId ?? "" })).toMatchObject({ mine: true, fields: false, theirs: true, edit: false });
  });

  it("goes by the member's schema before the description", () => {
    const schema = { hash: "", collections: {}, commands: { "party.edit_customer": { effect: "edit", merges: false } } } as unknown as MemberSchema;
    expect(merges("party.edit_customer", as("li", everything, schema))).toBe(false);
    expect(merges("party.edit_customer", li)).toBe(true);
  });
});

describe("what is sent", () => {
  const clash = entry("clash");
  const all = (side: "mine" | "theirs") => Object.fromEntries(clash.differences.map((found) => [found.field, side]));

  it("all mine without fields: everything that was kept", () => {
    expect(takeAll(clash).args).toEqual({ id: clash.id, action: "mine" });
    expect(byField(clash, all("mine"))).toEqual(takeAll(clash));
  });

  it("all theirs as theirs, and as discard where there is no other value", () => {
    expect(byField(clash, all("theirs"))?.args).toEqual({ id: clash.id, action: "theirs" });
    expect(keepTheirs(entry("creation")).args["action"]).toBe("discard");
    expect(discard(clash).args).toEqual({ id: clash.id, action: "discard" });
  });

  it("some fields mine by their names in the differences, own fields by their paths", () => {
    const call = byField(clash, { ...all("theirs"), industry: "mine", "custom.grade": "mine" });
    expect(call?.command).toBe("tenants.resolve_inbox_entry");
    expect(call?.args).toEqual({ id: clash.id, action: "mine", fields: ["industry", "custom.grade"] });
  });

  it("begins the form of a clash with what clashed, not with what is done", () => {
    const first = firstValues(clash);
    expect(Object.keys(first).sort()).toEqual(["creditLimitMinor", "custom.grade", "industry", "level", "notes"]);
    expect(first["custom.grade"]).toBe("二");
  });

  it("puts own fields under custom, and the row's id beside them", () => {
    const call = resubmit(clash, { level: "d", "custom.grade": "四" }, li);
    expect(call?.args["arguments"]).toEqual({ id: clash.rowId, level: "d", custom: { grade: "四" } });
    expect(call?.args).not.toHaveProperty("fields");
  });

  it("keeps of a creation what the form does not show", () => {
    const made = entry("creation");
    const call = resubmit(made, { ...firstValues(made), code: "K2" }, li);
    expect(call?.args["arguments"]).toEqual({ ...made.arguments, code: "K2" });
  });

  it("keeps of a count's lines what was expected and what came before", () => {
    const count = entry("lines");
    const lines = count.arguments["lines"] as { counted: string }[];
    const call = resubmit(count, { ...firstValues(count), lines: lines.map((line) => ({ ...line, counted: "116" })) }, li);
    expect(call?.args["arguments"]).toMatchObject({ lines: lines.map(() => ({ counted: "116", expected: "120", after: null })) });
  });

  it("restores first, then takes mine", () => {
    const archived = entry("archived");
    expect(restoreAndTake(archived, "party.restore_customer")).toEqual([{ command: "party.restore_customer", args: { id: archived.rowId } }, takeAll(archived)]);
  });
});

describe("the form", () => {
  const command = (name: string) => DESCRIPTION.commands[name] as NonNullable<(typeof DESCRIPTION.commands)[string]>;

  it("shows what was sent, what is wrong and what is required; the rest on demand", () => {
    const fields = formFields(entry("refusedWhole", { field: "email" }), command("party.edit_customer"));
    expect(fields.shown).toEqual(expect.arrayContaining(["email", "level"]));
    expect(fields.more).toContain("name");
    expect(formFields(entry("creation", { field: "code" }), command("party.create_customer")).required).toEqual(new Set(["name"]));
  });

  it("asks for the lines of a document, without what the device keeps in them", () => {
    const lines = command("inventory.post_stock_count").arguments.find((argument) => argument.name === "lines");
    expect(itemParts(lines)).toEqual(["productId", "counted"]);
    expect(itemParts({ name: "tagIds", type: "[uuid]", required: false })).toBeNull();
  });
});

describe("what is told", () => {
  it("reads who changed a field and when", () => {
    const fact = entry("clash").facts["level"];
    expect(fact).toMatchObject({ label: ["客户级别", "Level"], changedById: filed.people.wang });
    expect(fact?.changedAt).toMatch(/^2026-/);
  });

  it("keeps apart what is empty and what is not told", () => {
    const [found] = readEntry({ ...(filed.entries.clash as unknown as Row), differences: [{ field: "level", mine: "a" }] }).differences;
    expect(found?.told).toEqual({ base: false, mine: true, theirs: false });
  });

  it("finds the entry and the words behind a decision that came second", () => {
    const about = aboutEntry(entry("alreadyDecided"));
    expect(about?.typed).toMatchObject({ level: "d", notes: "王主管写的" });
    expect(aboutEntry(entry("clash"))).toBeNull();
  });

  it("hides what no reader reads", () => {
    expect(shownArguments(entry("clash").arguments, []).map(([path]) => path)).not.toContain("id");
  });
});
