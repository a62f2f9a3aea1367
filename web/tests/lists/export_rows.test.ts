/** A list that is exported while it changes: every row that stays in it is in the file, once. */
import { expect, test } from "vitest";
import type { Device, ListQuery, Row } from "~/device/api";
import { allRows } from "~/screens/list/export_rows";

const MOST = 5_000;

type Lists = Pick<Device, "list" | "rows">;

/** Rows in the list's order, last changed first; `between` is told of every question before it is answered. */
class ChangingList {
  rows: Row[];
  asked = 0;
  largest = 0;
  between: (list: ChangingList) => void = () => undefined;

  constructor(count: number) {
    // No order of the ids: neither that of the list nor the contrary.
    this.rows = Array.from({ length: count }, (_, at) => row((at * 7_919) % count));
  }

  readonly device: Lists = {
    list: async ({ where = [], orderBy = [], limit, offset = 0 }: ListQuery) => {
      if (this.asked++ > 0) this.between(this);
      const found = this.rows.filter(({ id }) => where.every((condition) => condition.field !== "id" || id > String(condition.value)));
      if (orderBy[0]?.field === "id") found.sort((one, other) => (one.id < other.id ? -1 : 1));
      return this.told(found.slice(offset, offset + Math.min(limit, MOST)), found.length);
    },
    rows: async (_, ids) => {
      const byId = new Map(this.rows.map((found) => [found.id, found]));
      return this.told(ids.flatMap((id) => byId.get(id) ?? []), 0).rows;
    },
  };

  /** As an edit does. */
  toTheTop(id: string): void {
    this.remove(id);
    this.rows.unshift(row(Number(id)));
  }

  remove(id: string): void {
    this.rows = this.rows.filter((found) => found.id !== id);
  }

  private told(rows: readonly Row[], total: number): { rows: readonly Row[]; total: number } {
    this.largest = Math.max(this.largest, rows.length);
    return { rows, total };
  }
}

function row(number: number): Row {
  return { id: String(number).padStart(6, "0"), version: 1, _state: null };
}

async function exported(list: ChangingList, query: Partial<ListQuery> = {}): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const rows of allRows(list.device as Device, { collection: "customers", ...query })) ids.push(...rows.map(({ id }) => id));
  return ids;
}

const idsOf = (list: ChangingList): readonly string[] => list.rows.map(({ id }) => id);

test.each([0, 1, 999, 1_000, 2_500, MOST, MOST + 1, 12_345])("%i rows that nobody changes are in the file in their order", async (count) => {
  const list = new ChangingList(count);
  expect(await exported(list)).toEqual(idsOf(list));
  expect(list.largest).toBeLessThanOrEqual(MOST);
});

test("a list of one answer is asked once: nothing can come between", async () => {
  const list = new ChangingList(4_800);
  await exported(list);
  expect(list.asked).toBe(1);
});

test("rows that are edited once between two pages leave none out and none twice", async () => {
  const list = new ChangingList(12_000);
  const late = idsOf(list)[11_500] ?? "";
  list.between = ({ asked }) => asked === 3 && list.toTheTop(late);
  const found = await exported(list);
  expect(found).toEqual(idsOf(list)); // read again, in the order it came to rest in
});

test("nor do rows that leave the list above", async () => {
  const list = new ChangingList(12_000);
  const early = idsOf(list).slice(0, 40);
  list.between = ({ asked }) => asked === 3 && early.forEach((id) => list.remove(id));
  const found = await exported(list);
  expect(found).toEqual(idsOf(list));
});

test("nor where the list never comes to rest", async () => {
  const list = new ChangingList(12_000);
  const before = idsOf(list);
  const leaving = new Set(before.filter((_, at) => at % 97 === 0));
  const going = [...leaving];
  let turn = 0;
  list.between = () => {
    for (let n = 0; n < 6; n++) {
      const gone = going.pop();
      if (gone !== undefined) list.remove(gone);
      const moved = list.rows[(++turn * 4_111) % list.rows.length]?.id;
      if (moved !== undefined) list.toTheTop(moved);
    }
  };
  const found = await exported(list);
  expect(found.length).toBe(new Set(found).size);
  const inFile = new Set(found);
  expect(before.filter((id) => !leaving.has(id) && !inFile.has(id))).toEqual([]);
});

test("a reader who has left asks no further", async () => {
  const list = new ChangingList(20_000);
  let cancelled = false;
  list.between = () => (cancelled = true);
  for await (const _ of allRows(list.device as Device, { collection: "customers" }, () => cancelled)) break;
  expect(list.asked).toBeLessThanOrEqual(2);
});
