/** What an inbox entry is called where its row is a part of a document: by the document, the part's place in it, and what it names. */
import { useDevice } from "~/data/device_context";
import { useLive, type Live } from "~/data/hooks";
import { readEntry, text, type Entry } from "~/data/inbox/entry";
import type { Device, Row } from "~/device/api";
import type { Entity } from "~/values/description";
import type { Json } from "~/values/json";
import type { Words } from "~/values/words";
import { entityNamed } from "./described";
import { namingReferences, subtitleOf, titleOf, wholeOf } from "./title_of";

type Rows = Pick<Device, "rows" | "list">;

const LARGEST_DOCUMENT = 1000;

/** The entries as the device has them, each called so that a reader knows which row it is about. Asks nothing unless `asked`. */
export function useInboxEntries(asked = true): Live<readonly Entry[]> {
  const device = useDevice();
  return useLive(`inbox entries ${String(asked)}`, ["inbox", ...COLLECTIONS], async () => (asked ? titled(device, (await device.inbox()).map(readEntry)) : []));
}

/** Those whose rows have no name of their own, and what these refer to. */
const COLLECTIONS = ["salesOrderLines", "stockCountLines", "stockMoves", "products", "warehouses"];

/** The server names the document, which keeps its number; what a part refers to may be renamed, so its name is told here. */
export async function titled(device: Rows, entries: readonly Entry[]): Promise<readonly Entry[]> {
  return Promise.all(entries.map(async (entry) => {
    const entity = entry.entity === null ? null : entityNamed(entry.entity);
    const added = entity === null || entity.calledBy.length > 0 ? [] : await partOf(device, entry, entity);
    if (added.length === 0) return entry;
    const [zh, en] = entry.what;
    return { ...entry, what: [`${zh} · ${added.map(([word]) => word).join(" ")}`, `${en} · ${added.map(([, word]) => word).join(", ")}`] };
  }));
}

async function partOf(device: Rows, entry: Entry, entity: Entity): Promise<readonly Words[]> {
  const row = entry.rowId === null ? null : await rowOf(device, entity.collection, entry.rowId);
  const values: Readonly<Record<string, Json>> = row ?? entry.arguments;
  const found: Words[] = row === null ? [] : await placeOf(device, entity, row);
  for (const name of namingReferences(entity.collection)) {
    const target = entity.fields.find((field) => field.name === name)?.refersTo;
    const id = text(values[name]);
    if (!target || id === null) continue;
    const named = await rowOf(device, target, id);
    const title = named === null ? "" : titleOf(target, named);
    if (named === null || title === "" || entry.what[0].includes(title)) continue;
    const code = subtitleOf(target, named);
    found.push(code === "" ? [title, title] : [`${title}（${code}）`, `${title} (${code})`]);
  }
  return found;
}

/** null: not on this device; nothing of a module that the company does not have is. */
async function rowOf(device: Rows, collection: string, id: string): Promise<Row | null> {
  return device.rows(collection, [id]).then(([row]) => row ?? null, () => null);
}

/** Where it stands among the parts of its document, as people count them. */
async function placeOf(device: Rows, entity: Entity, row: Row): Promise<Words[]> {
  const whole = wholeOf(entity.collection);
  const id = whole === null ? null : text(row[whole.field]);
  if (whole === null || id === null || !entity.fields.some((field) => field.name === "position")) return [];
  const { rows } = await device.list({ collection: entity.collection, where: [{ field: whole.field, op: "eq", value: id }], orderBy: [{ field: "position" }], limit: LARGEST_DOCUMENT });
  const place = rows.findIndex((other) => other.id === row.id) + 1;
  return place === 0 ? [] : [[`第 ${place} 行`, `line ${place}`]];
}
