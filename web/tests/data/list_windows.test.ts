/** A list that is read by windows, and rows that change while it is being asked. */
import { expect, test } from "vitest";
import { askAhead, Windows } from "~/data/list_windows";
import type { Device, ListQuery, ListResult } from "~/device/api";

const QUERY = { collection: "customers" };

/** A device that answers when told to. */
function device(): { readonly device: Device; readonly asked: ListQuery[]; answer(total: number): Promise<void>; changed(): void } {
  const heard = new Set<() => void>();
  const asked: ListQuery[] = [];
  const waiting: ((result: ListResult) => void)[] = [];
  const list = (query: ListQuery): Promise<ListResult> => {
    asked.push(query);
    return new Promise((resolve) => waiting.push(resolve));
  };
  return {
    device: { list, onChange: (_names, listener) => (heard.add(listener), () => heard.delete(listener)) } as Pick<Device, "list" | "onChange"> as Device,
    asked,
    changed: () => heard.forEach((listener) => listener()),
    async answer(total) {
      const rows = Array.from({ length: Math.min(total, 100) }, (_, at) => ({ id: `${total}-${at}`, _state: null }));
      waiting.shift()?.({ rows, total } as unknown as ListResult);
      await new Promise((next) => setTimeout(next));
    },
  };
}

test("rows that come while the list is first asked are asked for before it shows", async () => {
  const { device: asking, asked, answer } = device();
  const windows = new Windows(asking, [{ key: "all", headed: false, open: true, query: QUERY }]);
  let begun = false;
  const starting = windows.start().then(() => (begun = true));
  windows.refresh();
  await answer(0);
  expect({ begun, asked: asked.length }).toEqual({ begun: false, asked: 2 });
  await answer(3);
  await starting;
  expect({ total: windows.total, asked: asked.length }).toEqual({ total: 3, asked: 2 });
});

test("what stands is asked again when rows change, and shows until the answer is there", async () => {
  const { device: asking, asked, answer } = device();
  const windows = new Windows(asking, [{ key: "all", headed: false, open: true, query: QUERY }]);
  const starting = windows.start();
  await answer(250);
  await starting;
  windows.need(0, 20);
  expect(asked).toHaveLength(1);
  windows.refresh();
  expect(windows.itemAt(0)).toMatchObject({ kind: "row", row: { id: "250-0" } });
  expect(asked).toHaveLength(2);
  await answer(251);
  expect({ total: windows.total, first: windows.itemAt(0), asked: asked.at(-1) }).toMatchObject({ total: 251, first: { row: { id: "251-0" } }, asked: { offset: 0, limit: 100 } });
});

test("what was asked while the screen was drawn is taken, once, and not where rows have changed since", async () => {
  const { device: asking, asked, answer, changed } = device();
  const windows = () => new Windows(asking, [{ key: "all", headed: false, open: true, query: QUERY }]);
  askAhead(asking, QUERY);
  const first = windows();
  const starting = first.start();
  expect(asked).toHaveLength(1);
  await answer(7);
  await starting;
  expect(first.total).toBe(7);
  void windows().start();
  expect(asked).toHaveLength(2);
  askAhead(asking, QUERY);
  changed();
  void windows().start();
  expect(asked).toHaveLength(4);
  askAhead(asking, { ...QUERY, text: "other" });
  void windows().start();
  expect(asked).toHaveLength(6);
});

test("a list whose rows change faster than they are read shows those of a moment ago, and is asked again", async () => {
  const { device: asking, asked, answer } = device();
  const windows = new Windows(asking, [{ key: "all", headed: false, open: true, query: QUERY }]);
  const starting = windows.start();
  for (const total of [1, 2, 3]) {
    windows.refresh();
    await answer(total);
  }
  await starting;
  expect({ total: windows.total, asked: asked.length }).toEqual({ total: 3, asked: 4 });
  await answer(4);
  expect(windows.total).toBe(4);
});
