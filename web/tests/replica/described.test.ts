import { expect, test } from "vitest";
import { DESCRIPTION } from "~/generated/description";
import { Replica, describedBy, openMemory } from "~/replica";
import { DEVICE, MEMBER, SCHEMA, idNumber, pull } from "./world";

test("the product's own lists can be made, read and searched", async () => {
  const described = describedBy(DESCRIPTION);
  const replica = await Replica.open(await openMemory(), { described, schemaVersion: DESCRIPTION.schemaVersion });
  await replica.store.nameDevice(DEVICE, "test", "test");
  await replica.store.registered(DEVICE, { memberId: MEMBER, lastMutation: 0, schema: SCHEMA });
  for (const collection of Object.keys(described.lists)) {
    await pull(replica, `c-${collection}`, [{ name: collection, puts: [{ id: idNumber(1), version: 1, name: "云帆科技", archivedAt: null, updatedAt: "2026-03-02T01:30:00.000000Z" }] }]);
    if (collection in SCHEMA.collections) expect((await replica.list({ collection, limit: 5 })).total).toBe(1);
  }
  expect(Object.keys(described.searched)).toContain("customers");
  expect((await replica.search("yfkj", ["customers"])).map(({ row }) => row.id)).toEqual([idNumber(1)]);
});
