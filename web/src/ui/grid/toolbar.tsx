/** What can be done with the rows of a grid, for hands that hold no keyboard. */
import { CopyOutlined, DeleteOutlined, PlusOutlined, RedoOutlined, UndoOutlined } from "@ant-design/icons";
import { Button, Tooltip } from "antd";
import { useRef, type ReactElement, type ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import css from "./toolbar.module.css";
import type { GridRow, GridSpec } from "./model";
import { duplicateRows, insertRows, redone, removeRows, rowsAreFixed, undone } from "./sheet";
import { GRID_TEXTS } from "./texts";
import type { SheetHandle } from "./use_sheet";

interface ToolbarProps<R extends GridRow> {
  readonly handle: SheetHandle<R>;
  readonly spec: GridSpec<R>;
  readonly children?: ReactNode;
}

export function GridToolbar<R extends GridRow>({ handle, spec, children }: ToolbarProps<R>): ReactElement {
  const t = useTexts(GRID_TEXTS);
  const { sheet, change } = handle;
  const fixed = rowsAreFixed(spec);
  const full = sheet.content.rows.length >= spec.mostRows;
  const bar = useRef<HTMLDivElement>(null);
  // On to the cell that the rows were changed at: what is typed next belongs there, not to the button.
  const on = (act: () => void): void => {
    act();
    requestAnimationFrame(() => bar.current?.parentElement?.querySelector<HTMLInputElement>("[data-grid-field]")?.focus({ preventScroll: true }));
  };
  const tool = (label: string, keys: string, icon: ReactNode, disabled: boolean, act: () => void) => (
    <Tooltip title={`${label} (${keys})`}>
      <Button size="small" type="text" icon={icon} aria-label={label} disabled={disabled || spec.locked} onClick={() => on(act)} />
    </Tooltip>
  );
  return (
    <div ref={bar} className={css["bar"]} role="toolbar">
      {tool(t.add, "Ctrl+Enter", <PlusOutlined />, full || fixed, () => change((now) => insertRows(now, spec, now.content.rows.length)))}
      {tool(t.duplicate, "Ctrl+Shift+D", <CopyOutlined />, full || fixed, () => change((now) => duplicateRows(now, spec)))}
      {tool(t.remove, "Ctrl+Delete", <DeleteOutlined />, fixed, () => change((now) => removeRows(now, spec)))}
      {tool(t.undo, "Ctrl+Z", <UndoOutlined />, sheet.past.length === 0, () => change(undone))}
      {tool(t.redo, "Ctrl+Y", <RedoOutlined />, sheet.future.length === 0, () => change(redone))}
      <div className={css["rest"]}>{children}</div>
    </div>
  );
}
