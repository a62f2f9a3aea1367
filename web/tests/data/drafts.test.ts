import { describe, expect, test } from "vitest";
import { holdDraft, type Holding } from "~/data/drafts";
import type { KeptHere } from "~/device/api";
import type { Json } from "~/values/json";

/** What one browser keeps; its tabs share it. */
function browser(values: ReadonlyMap<string, Json> = new Map()): Holding {
  const lying = new Map(values);
  const kept: KeptHere = {
    read: (name) => Promise.resolve(lying.get(name) ?? null),
    write: (name, value) => Promise.resolve(void (value === null ? lying.delete(name) : lying.set(name, value))),
    under: (prefix) => Promise.resolve(new Map([...lying].filter(([name]) => name.startsWith(prefix)).map(([name, value]) => [name.slice(prefix.length), value]))),
  };
  return { kept, member: crypto.randomUUID(), key: "order new " };
}

describe("a draft is held by one tab", () => {
  test("a second tab begins with nothing and overwrites nothing", async () => {
    const asked = browser();
    const first = await holdDraft(asked);
    await first.write({ id: "1" });
    const second = await holdDraft(asked);
    expect(second.found).toBeNull();
    await second.write({ id: "2" });
    await first.release();
    await second.release();
    // The newest first, and then the other one: neither is lost.
    const third = await holdDraft(asked);
    expect([third.found, third.others]).toEqual([{ id: "2" }, 1]);
    await third.drop();
    await third.release();
    const fourth = await holdDraft(asked);
    expect([fourth.found, fourth.others]).toEqual([{ id: "1" }, 0]);
    await fourth.release();
  });

  test("what the other tab drops stays its own place", async () => {
    const asked = browser();
    const first = await holdDraft(asked);
    const second = await holdDraft(asked);
    await second.write({ id: "2" });
    await first.write({ id: "1" });
    await second.drop();
    await second.release();
    await first.release();
    expect((await holdDraft(asked)).found).toEqual({ id: "1" });
  });

  test("drafts of another kind, of another member and what is written anew are told apart", async () => {
    const asked = browser(new Map([["draft order new  @1", { id: "1" }], ["draft order new c1 @2", { id: "2" }], ["draft order new", { id: "3" }]]));
    expect((await holdDraft({ ...asked, anew: true })).found).toBeNull();
    expect((await holdDraft(asked)).found).toEqual({ id: "1" });
    expect((await holdDraft(asked)).found).toBeNull();
    expect((await holdDraft({ ...asked, member: "another" })).found).toEqual({ id: "1" });
    expect((await holdDraft({ ...asked, key: "order new c1" })).found).toEqual({ id: "2" });
  });

  test("one that an older app kept comes back too, the newer ones before it", async () => {
    const asked = browser(new Map([["draft order new ", { id: "old" }], ["draft order new  @1", { id: "new" }]]));
    expect((await holdDraft(asked)).found).toEqual({ id: "new" });
    const old = await holdDraft(asked);
    expect(old.found).toEqual({ id: "old" });
    await old.drop();
    await old.release();
    expect((await holdDraft(asked)).found).toBeNull();
  });

  test("one whose document is on its way already is gone, and the next one comes", async () => {
    const asked = browser(new Map([["draft order new  @2", { id: "saved" }], ["draft order new  @1", { id: "1" }]]));
    const isSaved = (draft: { readonly [name: string]: Json }) => Promise.resolve(draft["id"] === "saved");
    const held = await holdDraft({ ...asked, isSaved });
    expect([held.found, held.others]).toEqual([{ id: "1" }, 0]);
    await held.release();
    expect((await holdDraft({ ...asked, isSaved })).found).toEqual({ id: "1" });
  });
});
