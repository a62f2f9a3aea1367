import { describe, expect, it } from "vitest";
import { DESCRIPTION } from "~/generated/description";
import { firstColumns } from "~/screens/list/columns";
import type { Described } from "~/ui/described";

function described(collection: string): Described {
  const entity = DESCRIPTION.entities[collection];
  if (entity === undefined) throw new Error(collection);
  return { entity, fields: entity.fields, field: (name: string) => entity.fields.find((one) => one.name === name) } as unknown as Described;
}

const wide = (columns: readonly { readonly width: number }[]): number => columns.reduce((sum, column) => sum + column.width, 0);

describe("the columns that a list begins with", () => {
  it.each(["customers", "salesOrders", "activities", "products", "stockMoves"])("of %s fit into the room, whatever it is", (collection) => {
    for (const room of [600, 722, 900, 1126, 1600]) expect(wide(firstColumns(described(collection), room)), `${room}`).toBeLessThanOrEqual(room);
  });

  it("of customers tell how to reach them, before what group they belong to", () => {
    const names = firstColumns(described("customers")).map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(["name", "code", "phone"]);
    expect(names).not.toContain("parentId");
  });

  it("are three at least, and begin with what rows are called by", () => {
    const columns = firstColumns(described("salesOrders"), 100);
    expect(columns).toHaveLength(3);
    expect(columns[0]?.name).toBe("number");
  });

  it("are more where there is more room, and never lose a part of a date or an amount", () => {
    const [narrow, usual] = [700, 1126].map((room) => firstColumns(described("salesOrders"), room));
    expect(narrow?.length).toBeLessThan(usual?.length ?? 0);
    const all = firstColumns(described("salesOrders"));
    for (const name of ["totalMinor", "orderedOn"]) expect(usual?.find((one) => one.name === name)?.width).toBe(all.find((one) => one.name === name)?.width);
  });
});
