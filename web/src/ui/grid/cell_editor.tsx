/** The one field of a grid. It lies over the active cell, unseen until somebody types: so an input method may begin a
 * word at any time, and copy and paste reach it. While nothing is edited it holds the cell's text, selected. */
import { useCallback, useId, useImperativeHandle, useLayoutEffect, useRef, useState, type ClipboardEvent, type CSSProperties, type KeyboardEvent, type ReactElement, type RefObject } from "react";
import { useTexts } from "~/data/device_context";
import css from "./grid.module.css";
import { intentOf, type Intent } from "./keys";
import { LookupList, useOffers } from "./lookup_list";
import { isReadOnly, rawText, type GridColumn, type GridRow, type GridSpec, type LookupOption } from "./model";
import { errorKey, writeCells } from "./sheet";
import { GRID_TEXTS } from "./texts";
import type { SheetHandle } from "./use_sheet";

interface EditorProps<R extends GridRow> {
  readonly handle: SheetHandle<R>;
  readonly spec: GridSpec<R>;
  readonly field: RefObject<HTMLInputElement | null>;
  readonly style: CSSProperties;
  readonly frozen: boolean;
  readonly helpId: string;
  readonly carryOut: (intent: Intent) => boolean;
  /** `columns`: what `copy` told with it; empty for a text from elsewhere. */
  readonly paste: (text: string, columns: string) => void;
  readonly copy: () => { readonly text: string; readonly columns: string };
  readonly onFocusChange: (focused: boolean) => void;
  readonly controls: RefObject<EditorControls | null>;
}

/** What the pointer asks of the editor. `settle`: keeps what was typed so far, before the cursor goes elsewhere. */
export interface EditorControls {
  readonly open: () => void;
  readonly settle: () => void;
}

/** Typed: begun by a character, so arrows leave the cell. */
type Editing = "no" | "typed" | "opened";
/** Beside the text, for grids alone: whatever else is copied takes it off the clipboard. */
const COLUMNS_TYPE = "application/x-yunfan-columns";
const NOTHING = " "; // Something must be selected for browsers to copy.

export function CellEditor<R extends GridRow>(props: EditorProps<R>): ReactElement {
  const { handle, spec, field, style, frozen, helpId, carryOut } = props;
  const t = useTexts(GRID_TEXTS);
  const [editing, setEditing] = useState<Editing>("no");
  const [typed, setTyped] = useState<string | null>(null);
  const [chosen, setChosen] = useState(0);
  const [wentTo, setWentTo] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const listId = useId();
  const leaving = useRef(false);
  const { active, content } = handle.sheet;
  const column = spec.columns[active.column];
  const row = content.rows[active.row];
  const error = column === undefined || row === undefined ? undefined : content.errors.get(errorKey(row.id, column.key));
  const raw = error?.text ?? (column === undefined || row === undefined ? "" : rawText(column, row));
  const closed = column === undefined || row === undefined || isReadOnly(spec, column, row);
  const { offers } = useOffers(column?.lookup, editing === "no" ? null : typed);
  const listed = editing !== "no" && offers !== null;

  useLayoutEffect(() => {
    const input = field.current;
    if (input === null || editing !== "no") return;
    input.value = raw === "" ? NOTHING : raw;
    if (document.activeElement === input) input.select();
  }, [field, editing, raw, active.row, active.column]);

  const open = useCallback(
    (how: Editing) => {
      const input = field.current;
      if (closed || input === null) return;
      if (how === "opened") {
        input.value = raw;
        input.setSelectionRange(raw.length, raw.length);
      }
      setChosen(0);
      setWentTo(false);
      setTyped(how === "opened" ? "" : input.value);
      setEditing(how);
    },
    [closed, field, raw],
  );
  const close = useCallback(() => {
    setEditing("no");
    setTyped(null);
  }, []);
  const commit = useCommit(handle, spec);
  const take = (option: LookupOption<R> | null) => {
    const text = field.current?.value ?? "";
    close();
    if (column === undefined || row === undefined) return;
    if (option !== null) commit(column, row, text, option);
    else if (text.trim() !== raw.trim()) commit(column, row, text.trim(), null);
  };
  useImperativeHandle(props.controls, () => ({
    open: () => editing === "no" && open("opened"),
    settle: () => editing !== "no" && take(null),
  }));
  /** Of an empty field only what was gone to; of a text, the first offer too, if it is this text's. */
  const offered = () => (listed && offers.text === typed && (typed !== "" || wentTo) ? (offers.options[chosen] ?? null) : null);
  /** Several are named by this very text and nobody has gone to one of them yet. */
  const asks = listed && offers.text === typed && !wentTo && offers.options[chosen]?.alike === true;

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    // While a word is being composed every key is the input method's.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (editing !== "no") {
      if (listed && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
        event.preventDefault();
        setWentTo(true);
        setChosen((at) => Math.max(0, Math.min(at + (event.key === "ArrowDown" ? 1 : -1), offers.options.length - 1)));
      } else if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        close();
      } else if (event.key === "Enter" && asks) {
        event.preventDefault();
        setWentTo(true); // the list stands there: the next Enter takes what is marked
      } else if (event.key === "Enter" || event.key === "Tab") {
        take(asks ? null : offered());
        if (carryOut({ does: "next", step: event.shiftKey ? -1 : 1, by: event.key })) event.preventDefault();
      } else if (editing === "typed" && !listed && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
        event.preventDefault();
        take(null);
        carryOut({ does: "move", down: event.key === "ArrowDown" ? 1 : -1, right: 0, extend: false, far: "one" });
      }
      return;
    }
    const intent = intentOf(event);
    if (intent === null) return;
    if (intent.does === "cancel") {
      leaving.current = true;
      return;
    }
    if (intent.does === "next" && intent.by === "Tab" && leaving.current) return;
    leaving.current = false;
    if (intent.does === "edit") {
      open("opened");
      event.preventDefault();
    } else if (intent.does === "next" && intent.by === "Enter" && raw === "" && column?.lookup !== undefined && !closed) {
      open("opened");
      event.preventDefault();
    } else if (carryOut(intent)) {
      event.preventDefault();
    }
  };
  const onCopy = (event: ClipboardEvent<HTMLInputElement>) => {
    if (editing !== "no") return;
    const { text, columns } = props.copy();
    event.clipboardData.setData("text/plain", text);
    event.clipboardData.setData(COLUMNS_TYPE, columns);
    event.preventDefault();
  };
  return (
    <div ref={box} className={`${css["editor"]} ${frozen ? css["editorFrozen"] : ""} ${editing === "no" ? "" : css["editing"]}`} style={style}>
      <input
        ref={field}
        data-grid-field
        className={`${css["field"]} ${column?.align === "end" ? css["end"] : ""}`}
        autoComplete="off"
        spellCheck={false}
        inputMode={column?.inputMode ?? "text"}
        readOnly={closed}
        role={column?.lookup === undefined ? undefined : "combobox"}
        aria-expanded={column?.lookup === undefined ? undefined : listed}
        aria-controls={listed ? listId : undefined}
        aria-activedescendant={listed && offers.options.length > 0 ? `${listId}-${chosen}` : undefined}
        aria-invalid={error === undefined ? undefined : true}
        aria-label={column === undefined ? "" : t.place(column.title, active.row + 1, raw === "" ? t.empty : raw)}
        aria-describedby={helpId}
        onFocus={(event) => {
          leaving.current = false;
          event.currentTarget.select();
          props.onFocusChange(true);
        }}
        onBlur={() => {
          props.onFocusChange(false);
          if (editing !== "no") take(null);
        }}
        onCompositionStart={() => editing === "no" && open("typed")}
        onInput={(event) => {
          const { value } = event.currentTarget;
          if (editing === "no") open("typed");
          setTyped(value);
          setWentTo(false);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
        onCopy={onCopy}
        onCut={(event) => {
          onCopy(event);
          if (editing === "no") carryOut({ does: "clear" });
        }}
        onPaste={(event) => {
          if (editing !== "no") return;
          event.preventDefault();
          props.paste(event.clipboardData.getData("text/plain"), event.clipboardData.getData(COLUMNS_TYPE));
        }}
      />
      {listed ? <LookupList id={listId} anchor={box} offers={offers} chosen={chosen} choose={(option) => { take(option); carryOut({ does: "next", step: 1, by: "Enter" }); }} /> : null}
    </div>
  );
}

/** Writes one cell; where the column asks the device, the value comes a moment later, into the row as it is by then. */
function useCommit<R extends GridRow>(handle: SheetHandle<R>, spec: GridSpec<R>): (column: GridColumn<R>, row: R, text: string, option: LookupOption<R> | null) => void {
  return useCallback(
    (column, row, text, option) => {
      const put = (written: Parameters<typeof writeCells<R>>[2][number]["written"]) =>
        handle.change((now) => {
          const at = now.content.rows.findIndex((one) => one.id === row.id);
          return at < 0 ? now : writeCells(now, spec, [{ row: at, column: column.key, text, written }]);
        });
      if (option !== null) put(option);
      else if (column.writeMany === undefined || text === "") put(column.write?.(text) ?? { apply: (same) => same });
      else column.writeMany([text]).then(([written]) => written !== undefined && put(written), (failed: Error) => put({ error: failed.message }));
    },
    [handle, spec],
  );
}
