/** Stock counts that were begun and are not posted: counted through to the end on their own page. */
import { useTexts } from "~/data/device_context";
import { useList } from "~/data/hooks";
import { Reference } from "~/ui/field_value";
import { rowPath } from "~/ui/paths";
import type { Source, Waiting } from "./source";
import { TEXTS } from "./texts";

const SHOWN = 50;

export const openCounts: Source = {
  key: "counts",
  permission: "inventory.stock_count.post",
  useTitle: () => useTexts(TEXTS).counts,
  useFound: () => {
    const counts = useList({ collection: "stockCounts", where: [{ field: "postedAt", op: "empty" }, { field: "_state", op: "empty" }], orderBy: [{ field: "createdAt" }], limit: SHOWN });
    const text = (value: unknown): string => (typeof value === "string" ? value : "");
    const waiting = counts.data?.rows.map(
      (row): Waiting => ({
        id: row.id,
        called: row.id.slice(-8),
        title: text(row["warehouseId"]) === "" ? row.id.slice(-8) : <Reference collection="warehouses" id={text(row["warehouseId"])} links={false} />,
        detail: text(row["createdById"]) === "" ? null : <Reference collection="members" id={text(row["createdById"])} links={false} />,
        since: text(row["createdAt"]) || null,
        path: rowPath("stockCounts", row.id),
        decisions: [],
      }),
    );
    return { waiting, total: counts.data?.total ?? 0, error: counts.error, decisions: [] };
  },
};
