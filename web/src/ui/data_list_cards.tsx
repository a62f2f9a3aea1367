/** The list on a phone: cards with what matters, the page itself scrolls. */
import { CaretDownOutlined, CaretRightOutlined } from "@ant-design/icons";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { Checkbox } from "antd";
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import type { Row } from "~/device/api";
import type { Texts } from "~/values/words";
import { HIGHEST_PX, type ShownProps } from "./data_list";
import styles from "./data_list.module.css";
import { StateBadge } from "./state_badge";

const TEXTS = {
  select: ["选择", "Select"],
} satisfies Texts;

const CARD_PX = 72;

/** While something is selected a tap selects; otherwise it opens. A long press begins to select. */
export function CardList(props: ShownProps): ReactNode {
  const { windows, selection, onOpen, onTotal } = props;
  const t = useTexts(TEXTS);
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop(box.current === null ? 0 : box.current.getBoundingClientRect().top + scrollY), [windows]);
  const count = Math.min(windows.length, Math.floor(HIGHEST_PX / CARD_PX));
  const virtual = useWindowVirtualizer({ count, estimateSize: () => CARD_PX, overscan: 8, scrollMargin: top });
  const shown = virtual.getVirtualItems();
  const first = shown[0]?.index ?? 0;
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => windows.need(first, last), [windows, first, last]);
  const total = windows.total;
  useEffect(() => onTotal?.(total), [onTotal, total]);
  const isSelecting = (selection?.ids.size ?? 0) > 0;
  const toggle = (row: Row): void => {
    if (selection === undefined) return;
    const ids = new Set(selection.ids);
    if (!ids.delete(row.id)) ids.add(row.id);
    selection.set(ids);
  };
  return (
    <div ref={box} role="list" aria-label={props.label} className={styles["cards"]} style={{ height: virtual.getTotalSize() }}>
      {shown.map(({ index, start }) => {
        const item = windows.itemAt(index);
        if (item === null) return null;
        const place = { transform: `translateY(${start - top}px)` };
        if (item.kind === "head") {
          return (
            <div key={`head ${item.segment.key}`} role="listitem" className={styles["headPlace"]} style={place}>
              <button type="button" aria-expanded={item.segment.open} className={styles["cardHead"]} onClick={() => props.onToggle?.(item.segment)}>
                {item.segment.open ? <CaretDownOutlined aria-hidden /> : <CaretRightOutlined aria-hidden />}
                {props.renderHead?.(item.segment)}
              </button>
            </div>
          );
        }
        const { row } = item;
        if (row === undefined) return <div key={`at ${index}`} role="listitem" className={styles["card"]} style={place} aria-busy />;
        return (
          <div key={row.id} role="listitem" data-row-id={row.id} className={styles["card"]} style={place}>
            {isSelecting && <Checkbox aria-label={t.select} checked={selection?.ids.has(row.id) === true} onChange={() => toggle(row)} />}
            <PressButton onTap={() => (isSelecting ? toggle(row) : onOpen(row))} onLong={() => toggle(row)}>
              {props.card?.(row) ?? props.columns.slice(0, 3).map((column) => <span key={column.key}>{column.render(row)}</span>)}
            </PressButton>
            {row._state !== null && (
              // Beside the button: its sign may be a link of its own.
              <span className={styles["cardState"]}>
                <StateBadge state={row._state} short />
              </span>
            )}
          </div>
        );
      })}
    </div>
  );
}

const LONG_MS = 450;

function PressButton({ onTap, onLong, children }: { onTap(): void; onLong(): void; readonly children: ReactNode }): ReactNode {
  const timer = useRef(0);
  const wasLong = useRef(false);
  const stop = (): void => clearTimeout(timer.current);
  return (
    <button
      type="button"
      className={styles["cardButton"]}
      onPointerDown={() => {
        wasLong.current = false;
        timer.current = window.setTimeout(() => {
          wasLong.current = true;
          onLong();
        }, LONG_MS);
      }}
      onPointerUp={stop}
      onPointerCancel={stop}
      onPointerLeave={stop}
      onContextMenu={(event) => event.preventDefault()}
      onClick={() => {
        stop();
        if (!wasLong.current) onTap();
      }}
    >
      {children}
    </button>
  );
}
