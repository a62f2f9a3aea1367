/** The list of any collection: a table on wide screens, cards on phones, of any number of rows. */
import { Skeleton } from "antd";
import { useEffect, type ReactNode } from "react";
import { useWindows, type Segment, type Windows } from "~/data/list_windows";
import type { Order, Row } from "~/device/api";
import { useCompact } from "./compact";
import styles from "./data_list.module.css";
import { CardList } from "./data_list_cards";
import { TableList } from "./data_list_table";
import { Failure } from "./failure";

export interface Column {
  readonly key: string;
  readonly title: string;
  /** CSS pixels. */
  readonly width: number;
  readonly numeric?: boolean;
  /** The field it is sorted by; without: it is not. */
  readonly sortBy?: string;
  render(row: Row): ReactNode;
}

export interface Selection {
  readonly ids: ReadonlySet<string>;
  set(ids: ReadonlySet<string>): void;
}

export interface DataListProps {
  readonly collection: string;
  /** What the list is of, for whoever hears it. */
  readonly label: string;
  /** One without a head for a plain list; groups have heads. */
  readonly segments: readonly Segment[];
  readonly columns: readonly Column[];
  readonly order?: Order | null;
  onOrder?(order: Order | null): void;
  onResize?(key: string, width: number): void;
  onOpen(row: Row): void;
  readonly selection?: Selection;
  /** A phone's card; without: the first three columns. */
  card?(row: Row): ReactNode;
  renderHead?(segment: Segment): ReactNode;
  onToggle?(segment: Segment): void;
  /** Shown instead of rows when there are none. */
  readonly empty: ReactNode;
  onTotal?(total: number): void;
  /** Told where the list begins to be typed at: `/` goes to the search box. */
  onSlash?(): void;
}

/** Browsers draw no box that is much higher. */
export const HIGHEST_PX = 15_000_000;

export interface ShownProps extends DataListProps {
  readonly windows: Windows;
  readonly stale: boolean;
}

export function DataList(props: DataListProps): ReactNode {
  const phone = useCompact();
  const { windows, stale } = useWindows(props.collection, props.segments);
  const isEmpty = windows !== null && windows.error === null && windows.length === 0 && !stale;
  const { onTotal } = props;
  useEffect(() => {
    if (isEmpty) onTotal?.(0);
  }, [isEmpty, onTotal]);
  if (windows === null) return <Skeleton active title={false} paragraph={{ rows: 8 }} />;
  if (windows.error !== null) return <Failure error={windows.error} onRetry={() => windows.refresh()} />;
  if (isEmpty) return props.empty;
  return (
    <div className={stale ? styles["stale"] : undefined} aria-busy={stale}>
      {phone ? <CardList {...props} windows={windows} stale={stale} /> : <TableList {...props} windows={windows} stale={stale} />}
    </div>
  );
}
