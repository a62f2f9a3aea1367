/** An order while it is open: header and lines as they are typed, kept on the device until they are saved. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useDevice } from "~/data/device_context";
import type { Kept } from "~/data/use_kept";
import { productOf, type Product } from "~/data/products";
import type { Row } from "~/device/api";
import type { Json, JsonObject } from "~/values/json";
import { ORDER_SERIES } from "~/values/numbered";
import { uuid7 } from "~/values/uuid7";
import { errorsKept, keptErrors } from "~/ui/grid/kept_errors";
import { beginSheet, replaceRows } from "~/ui/grid/sheet";
import { useSheet, type SheetHandle } from "~/ui/grid/use_sheet";
import { saidWith } from "./confirming";
import { asSaved, emptyLine, inOrder, isBlankLine, lineCalls, merged, newLine, packCalls, savedLine, shownLine, type Call, type OrderLine, type SavedLine } from "./lines";

export interface Header {
  readonly customerId: string | null;
  /** `YYYY-MM-DD`. */
  readonly orderedOn: string;
  readonly currency: string;
  readonly notes: string;
}

/** What an order screen begins with. `order` is null for a new one. */
export interface Opened {
  readonly order: Row | null;
  readonly lines: readonly SavedLine[];
  readonly products: ReadonlyMap<string, Product>;
  /** Of a new one: what is filled in already. */
  readonly header: Header;
  readonly copied: readonly OrderLine[];
}

export interface OpenOrder {
  readonly header: Header;
  readonly change: (part: Partial<Header>) => void;
  readonly handle: SheetHandle<OrderLine>;
  /** The commands that would save what was typed; of a new order one. */
  readonly dirty: boolean;
  /** Whether something typed at another time came back. */
  readonly restored: boolean;
  /** Queues it. Answers the order's id. Raises Refused. `then`: commands on the order that go along, `sales.confirm_order`. */
  readonly save: (then?: string) => Promise<string>;
  readonly discard: () => Promise<void>;
}

interface StoredDraft {
  readonly id: string;
  readonly number: string | null;
  readonly header: Partial<Header>;
  readonly base: readonly SavedLine[];
  readonly lines: readonly OrderLine[];
  /** What could not be read in them (`keptErrors`). */
  readonly errors?: Json;
}

export function useOrder(opened: Opened, kept: Kept): OpenOrder {
  const device = useDevice();
  const { order } = opened;
  const draft = useRef(readDraft(kept.found ?? null));
  const id = useRef(order?.id ?? draft.current?.id ?? uuid7());
  const number = useRef(draft.current?.number ?? null);
  const lineIds = useRef<readonly string[]>([]);
  const base = useRef(draft.current?.base ?? opened.lines);
  const [touched, setTouched] = useState<Partial<Header>>(draft.current?.header ?? {});
  const [restored] = useState(draft.current !== null);
  const product = useCallback((productId: string) => opened.products.get(productId) ?? null, [opened.products]);
  const handle = useSheet(() => draft.current?.lines ?? startLines(opened), () => errorsKept(draft.current?.errors));
  const [, follow] = useState(0);
  useEffect(() => {
    if (order === null) return;
    const { rows } = handle.latest().content;
    const now = merged(base.current, opened.lines, rows, product);
    base.current = opened.lines;
    const filled = now.length === 0 ? [emptyLine()] : now;
    if (filled.length !== rows.length || filled.some((line, at) => line !== rows[at])) handle.change((sheet) => replaceRows(sheet, filled));
    follow((count) => count + 1);
  }, [handle, opened.lines, order, product]);
  const header = useMemo(() => ({ ...(order === null ? opened.header : headerOf(order)), ...touched }), [order, opened.header, touched]);
  const { rows: lines, errors } = handle.sheet.content;
  const calls = order === null ? null : editCalls(order, header, base.current, lines);
  const dirty = errors.size > 0 || (calls === null ? lines.some((line) => !isBlankLine(line)) || touched.customerId != null || (touched.notes ?? "") !== "" : calls.length > 0);
  const isDirty = useRef(dirty);
  isDirty.current = dirty;
  const stored = useCallback(
    (): JsonObject => ({ id: id.current, number: number.current, header: touched as JsonObject, base: base.current as unknown as Json, lines: handle.latest().content.rows as unknown as Json, errors: keptErrors(handle.latest().content.errors) }),
    [handle, touched],
  );
  useEffect(() => {
    if (isDirty.current) kept.keep(stored());
    else if (order !== null) void kept.drop();
  }, [kept, stored, lines, errors, order]);
  const save = useCallback(
    async (then?: string): Promise<string> => {
      const said = handle.latest().content.rows.filter((line) => line.product !== null);
      const after: Call[] = then === undefined ? [] : [{ command: then, args: { id: id.current, ...saidWith(then, said, { currency: header.currency, isNew: order === null }) } }];
      if (order !== null) {
        const now = editCalls(order, header, base.current, handle.latest().content.rows);
        await device.mutateAll([...now, ...after]);
        base.current = asSaved(said, base.current);
        setTouched({});
      } else {
        // The number is in the draft before it is used: a kill in between takes no second one.
        number.current ??= await device.takeNumber(ORDER_SERIES);
        kept.keep(stored());
        await kept.flush();
        lineIds.current = idsFor(said.length, lineIds.current);
        await device.mutateAll([{ command: "sales.create_order", args: createArguments(id.current, number.current, header, said, lineIds.current) }, ...after], `order ${id.current}`);
      }
      await kept.drop();
      isDirty.current = false;
      return id.current;
    },
    [device, handle, header, kept, order, stored],
  );
  const discard = useCallback(async () => {
    setTouched({});
    base.current = opened.lines;
    handle.change(() => beginSheet(startLines(opened)));
    await kept.drop();
  }, [handle, kept, opened]);
  return { header, change: useCallback((part) => setTouched((before) => ({ ...before, ...part })), []), handle, dirty, restored, save, discard };
}

function startLines(opened: Opened): readonly OrderLine[] {
  const lines = opened.order === null ? opened.copied : inOrder(opened.lines).map((line) => shownLine(line, opened.products.get(line.productId) ?? null));
  return lines.length === 0 ? [emptyLine()] : lines;
}

/** New lines get their ids in the order in which they stand: until the server numbers them, that is how they are shown.
 * The same ones at each attempt: what is saved again says the same as before. */
function createArguments(id: string, number: string | null, header: Header, lines: readonly OrderLine[], lineIds: readonly string[]): JsonObject {
  const { customerId, orderedOn, currency, notes } = header;
  return {
    id,
    customerId,
    ...(number === null ? {} : { number }),
    orderedOn,
    currency,
    ...(notes.trim() === "" ? {} : { notes: notes.trim() }),
    lines: lines.map((line, at) => ({ ...newLine(line), id: lineIds[at] ?? line.id })),
  };
}

function idsFor(count: number, former: readonly string[]): readonly string[] {
  return [...former, ...Array.from({ length: Math.max(0, count - former.length) }, () => uuid7())];
}

function editCalls(order: Row, header: Header, saved: readonly SavedLine[], lines: readonly OrderLine[]): readonly Call[] {
  if (order["state"] === "confirmed") return [...headerCalls(order, header), ...packCalls(saved, lines)];
  if (order["state"] !== "draft") return headerCalls(order, header);
  return [...headerCalls(order, header), ...lineCalls(order.id, saved, lines)];
}

function headerCalls(order: Row, header: Header): readonly Call[] {
  const before = headerOf(order);
  const changed: Record<string, Json> = {};
  if (header.orderedOn !== before.orderedOn) changed["orderedOn"] = header.orderedOn;
  if (header.currency !== before.currency) changed["currency"] = header.currency;
  if (header.notes.trim() !== before.notes) changed["notes"] = header.notes.trim() || null;
  return Object.keys(changed).length === 0 ? [] : [{ command: "sales.edit_order", args: { id: order.id, ...changed } }];
}

export function headerOf(order: Row): Header {
  const text = (field: string) => (typeof order[field] === "string" ? order[field] : "");
  return { customerId: text("customerId") || null, orderedOn: text("orderedOn"), currency: text("currency"), notes: text("notes") };
}

function readDraft(found: JsonObject | null): StoredDraft | null {
  // Written by this very screen, for this member alone; another form of it is that of an older app.
  if (found === null || typeof found["id"] !== "string" || !Array.isArray(found["lines"]) || !Array.isArray(found["base"])) return null;
  return found as unknown as StoredDraft;
}

/** What the screens need of an order that is on the device: its row, its lines and the products in them. */
export async function loadLines(device: ReturnType<typeof useDevice>, orderId: string): Promise<{ readonly rows: readonly Row[]; readonly lines: readonly SavedLine[]; readonly products: ReadonlyMap<string, Product> }> {
  const { rows } = await device.list({ collection: "salesOrderLines", where: [{ field: "orderId", op: "eq", value: orderId }], limit: 1000 });
  const lines = inOrder(rows.map(savedLine));
  const ids = [...new Set(lines.map((line) => line.productId))];
  const found = ids.length === 0 ? [] : await device.rows("products", ids);
  return { rows, lines, products: new Map(found.map((row) => [row.id, productOf(row)])) };
}

