/** The rows of a sheet on a phone: cards, and a sheet from below to edit one of them. */
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Button, Drawer, Empty, Input } from "antd";
import { useEffect, useId, useRef, useState, type ReactElement } from "react";
import { useTexts } from "~/data/device_context";
import css from "./cards.module.css";
import { isReadOnly, rawText, type GridColumn, type GridRow, type GridSpec, type LookupOption } from "./model";
import { errorKey, insertRows, moveTo, removeRows, rowsAreFixed, soundRows, writeCells } from "./sheet";
import { GRID_TEXTS } from "./texts";
import type { SheetHandle } from "./use_sheet";
import { useOffers } from "./lookup_list";

interface CardsProps<R extends GridRow> {
  readonly handle: SheetHandle<R>;
  readonly spec: GridSpec<R>;
  readonly label: string;
}

const CARD_HEIGHT = 72;

export function GridCards<R extends GridRow>({ handle, spec, label }: CardsProps<R>): ReactElement {
  const t = useTexts(GRID_TEXTS);
  const [open, setOpen] = useState<string | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const shown = handle.sheet.content.rows.filter((row) => !spec.isBlank(row) || hasError(handle, row));
  const virtual = useVirtualizer({ count: shown.length, getScrollElement: () => list.current, estimateSize: () => CARD_HEIGHT, overscan: 4 });
  const sums = spec.columns.filter((column) => column.sum !== undefined);
  const figures = spec.columns.filter((column) => column.figure === true);
  // Figures first: what a narrow card cuts off at its end is a code or a unit.
  const rest = spec.columns.slice(1).filter((column) => column.figure !== true);
  const facts = [...rest.filter(({ align }) => align === "end"), ...rest.filter(({ align }) => align !== "end")];
  const add = () => {
    const rows = handle.latest().content.rows;
    const blank = rows.find((row) => spec.isBlank(row));
    if (blank === undefined) handle.change((now) => insertRows(now, spec, now.content.rows.length));
    setOpen((blank ?? handle.latest().content.rows.at(-1))?.id ?? null);
  };
  return (
    <section aria-label={label}>
      {shown.length === 0 ? <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t.noRows} /> : null}
      <ul ref={list} className={css["list"]} style={{ height: Math.min(shown.length, 6) * CARD_HEIGHT }}>
        <li aria-hidden style={{ height: virtual.getTotalSize() }} />
        {virtual.getVirtualItems().map((item) => {
          const row = shown[item.index];
          if (row === undefined) return null;
          return (
            <li key={row.id} className={css["place"]} style={{ top: item.start, height: CARD_HEIGHT }}>
              <button type="button" className={`${css["card"]} ${hasError(handle, row) ? css["wrong"] : ""}`} onClick={() => setOpen(row.id)}>
                <span className={css["heading"]}>
                  <span className={css["name"]}>{spec.columns[0] === undefined ? "" : shownText(handle, spec.columns[0], row) || t.empty}</span>
                  {figures.filter((column) => shownText(handle, column, row) !== "").map((column) => (
                    <span key={column.key} className={css["figure"]}>
                      {figures.length > 1 ? <span className={css["label"]}>{column.title} </span> : null}
                      {shownText(handle, column, row)}
                    </span>
                  ))}
                </span>
                <span className={css["facts"]}>
                  {facts.filter((column) => shownText(handle, column, row) !== "").map((column) => (
                    <span key={column.key}>
                      <span className={css["label"]}>{column.title}</span> {shownText(handle, column, row)}
                    </span>
                  ))}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      {sums.length === 0 ? null : (
        <dl className={css["sums"]}>
          {sums.map((column) => (
            <div key={column.key}>
              <dt>{column.title}</dt>
              <dd>{column.sum?.(soundRows(handle.sheet.content))}</dd>
            </div>
          ))}
        </dl>
      )}
      {rowsAreFixed(spec) ? null : (
        <Button block size="large" type="dashed" icon={<PlusOutlined />} onClick={add} disabled={handle.sheet.content.rows.length >= spec.mostRows}>
          {t.add}
        </Button>
      )}
      <RowSheet handle={handle} spec={spec} id={open} go={setOpen} />
    </section>
  );
}

function hasError<R extends GridRow>(handle: SheetHandle<R>, row: R): boolean {
  const { errors } = handle.sheet.content;
  return errors.size > 0 && [...errors.keys()].some((key) => key.startsWith(`${row.id} `));
}

/** What could not be read stands where it was given. */
function shownText<R extends GridRow>(handle: SheetHandle<R>, column: GridColumn<R>, row: R): string {
  return handle.sheet.content.errors.get(errorKey(row.id, column.key))?.text ?? column.text(row);
}

interface RowSheetProps<R extends GridRow> {
  readonly handle: SheetHandle<R>;
  readonly spec: GridSpec<R>;
  readonly id: string | null;
  readonly go: (id: string | null) => void;
}

function RowSheet<R extends GridRow>({ handle, spec, id, go }: RowSheetProps<R>): ReactElement {
  const t = useTexts(GRID_TEXTS);
  const { rows } = handle.sheet.content;
  const at = rows.findIndex((row) => row.id === id);
  const row = rows[at];
  const [typing, setTyping] = useState<Typing | null>(null);
  const typedInto = typing?.row === id ? spec.columns.find((column) => column.key === typing.column) : undefined;
  const asTyped = row === undefined || typing === null || typedInto === undefined ? row : withTyped(row, typedInto, typing.text);
  const remove = () => {
    handle.change((now) => removeRows(moveTo(now, { row: at, column: 0 }, spec.columns.length), spec));
    go(null);
  };
  return (
    <Drawer
      placement="bottom"
      size="auto"
      open={row !== undefined}
      onClose={() => go(null)}
      title={row === undefined ? "" : t.nth(at + 1, rows.length)}
      destroyOnHidden
      extra={rowsAreFixed(spec) ? null : <Button danger type="text" icon={<DeleteOutlined />} aria-label={t.remove} onClick={remove} />}
      footer={
        <div className={css["steps"]}>
          <Button disabled={at <= 0} onClick={() => go(rows[at - 1]?.id ?? null)}>
            {t.previous}
          </Button>
          <Button disabled={at + 1 >= rows.length} onClick={() => go(rows[at + 1]?.id ?? null)}>
            {t.next}
          </Button>
          <Button type="primary" onClick={() => go(null)}>
            {t.done}
          </Button>
        </div>
      }
    >
      {row === undefined ? null : spec.columns.map((column) => <CardField key={`${row.id} ${column.key}`} handle={handle} spec={spec} column={column} row={row} asTyped={asTyped ?? row} onTyping={(text) => setTyping(text === null ? null : { row: row.id, column: column.key, text })} />)}
    </Drawer>
  );
}

/** What stands in a field and is not taken over yet. */
interface Typing {
  readonly row: string;
  readonly column: string;
  readonly text: string;
}

/** The row as it would be; as it is where the text cannot be read. */
function withTyped<R extends GridRow>(row: R, column: GridColumn<R>, text: string): R {
  const written = column.write?.(text);
  const settled = written !== undefined && "read" in written ? written.read(row) : written;
  return settled !== undefined && "apply" in settled ? settled.apply(row) : row;
}

interface FieldProps<R extends GridRow> {
  readonly handle: SheetHandle<R>;
  readonly spec: GridSpec<R>;
  readonly column: GridColumn<R>;
  readonly row: R;
  /** With what is being typed next to it: amounts follow at once. */
  readonly asTyped: R;
  readonly onTyping: (text: string | null) => void;
}

/** One column of a row: read as in the grid, when the field is left or an offer is tapped. */
function CardField<R extends GridRow>({ handle, spec, column, row, asTyped, onTyping }: FieldProps<R>): ReactElement {
  const id = useId();
  const error = handle.sheet.content.errors.get(errorKey(row.id, column.key));
  const raw = error?.text ?? rawText(column, row);
  const [typed, setTyped] = useState<string | null>(null);
  const touched = useRef(false);
  // What is looked up is read by its name; its code is for typing.
  const name = error === undefined && column.lookup !== undefined ? column.text(row) : raw;
  const { offers } = useOffers(column.lookup, typed);
  useEffect(() => setTyped(null), [raw]);
  const put = (text: string, written: LookupOption<R> | ReturnType<NonNullable<typeof column.write>>) => {
    handle.change((now) => writeCells(now, spec, [{ row: now.content.rows.findIndex((one) => one.id === row.id), column: column.key, text, written }]));
    setTyped(null);
    onTyping(null);
  };
  const settle = () => {
    // Looked at and left: nothing was meant to change.
    if (!touched.current) return setTyped(null);
    const text = typed?.trim();
    if (text === undefined || text === raw || (column.lookup !== undefined && text !== "")) return;
    if (column.write !== undefined) put(text, column.write(text));
  };
  if (isReadOnly(spec, column, row)) {
    return (
      <p className={css["fixed"]}>
        <span className={css["label"]}>{column.title}</span> <strong>{column.text(asTyped)}</strong>
      </p>
    );
  }
  const wrong = error?.message ?? (spec.isBlank(row) ? null : (column.check?.(row) ?? null));
  return (
    <div className={css["field"]}>
      <label htmlFor={id}>{column.title}</label>
      <Input
        id={id}
        size="large"
        autoComplete="off"
        inputMode={column.inputMode ?? "text"}
        status={wrong === null ? "" : "error"}
        value={typed ?? name}
        placeholder={name}
        onFocus={(event) => {
          event.currentTarget.select();
          touched.current = false;
          if (column.lookup !== undefined) setTyped("");
        }}
        onChange={(event) => {
          touched.current = true;
          setTyped(event.target.value);
          if (column.lookup === undefined) onTyping(event.target.value.trim());
        }}
        onBlur={settle}
        onPressEnter={(event) => !event.nativeEvent.isComposing && settle()}
      />
      {wrong === null ? null : <p className={css["message"]}>{wrong}</p>}
      {offers === null ? null : (
        <ul className={css["offers"]}>
          {offers.options.map((option) => (
            <li key={option.key}>
              <button type="button" className={css["offer"]} onMouseDown={(event) => event.preventDefault()} onClick={() => put(option.label, option)}>
                <span>{option.label}</span>
                <span className={css["label"]}>{option.detail}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
