/** A list of what only the server has: a table where there is room for one, cards on a phone. */
import { Button } from "antd";
import type { ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import type { Texts } from "~/values/words";
import { useCompact } from "./compact";
import styles from "./records.module.css";

const TEXTS = {
  more: ["更多", "More"],
  actions: ["操作", "Actions"],
} satisfies Texts;

export interface Column<T> {
  readonly key: string;
  readonly title: string;
  readonly render: (row: T) => ReactNode;
  readonly figure?: boolean;
  /** Not shown on tablets; a phone's card shows it. */
  readonly wideOnly?: boolean;
}

interface RecordsProps<T> {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => string;
  readonly empty: ReactNode;
  /** What can be done with a row, at its end. */
  readonly actions?: (row: T) => ReactNode;
  /** There is more, and how it comes. */
  readonly more?: { readonly busy: boolean; readonly load: () => void } | null;
}

/** The first column is the row's heading. */
export function Records<T>(props: RecordsProps<T>): ReactNode {
  const phone = useCompact();
  const t = useTexts(TEXTS);
  const { rows, empty, more } = props;
  if (rows.length === 0) return <div className={styles["empty"]}>{empty}</div>;
  return (
    <>
      {phone ? <Cards {...props} /> : <Table {...props} />}
      {more && (
        <div className={styles["more"]}>
          <Button loading={more.busy} onClick={more.load}>
            {t.more}
          </Button>
        </div>
      )}
    </>
  );
}

function Table<T>({ label, rows, columns, keyOf, actions }: RecordsProps<T>): ReactNode {
  const t = useTexts(TEXTS);
  const classOf = (column: Column<T>): string => [column.figure === true ? styles["figure"] : "", column.wideOnly === true ? styles["wideOnly"] : ""].join(" ");
  return (
    <div className={styles["scroll"]}>
      <table className={styles["table"]} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" className={classOf(column)}>
                {column.title}
              </th>
            ))}
            {actions !== undefined && <th scope="col"><span className={styles["heard"]}>{t.actions}</span></th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column, at) =>
                at === 0 ? (
                  <th key={column.key} scope="row">
                    {column.render(row)}
                  </th>
                ) : (
                  <td key={column.key} className={classOf(column)}>
                    {column.render(row)}
                  </td>
                ),
              )}
              {actions !== undefined && (
                <td className={styles["actions"]}>
                  <div>{actions(row)}</div>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cards<T>({ label, rows, columns, keyOf, actions }: RecordsProps<T>): ReactNode {
  const [first, ...others] = columns;
  return (
    <ul className={styles["cards"]} aria-label={label}>
      {rows.map((row) => (
        <li key={keyOf(row)}>
          <div className={styles["heading"]}>{first?.render(row)}</div>
          <dl>
            {others.map((column) => {
              const shown = column.render(row);
              if (shown === null || shown === undefined || shown === "" || shown === false) return null;
              return (
                <div key={column.key}>
                  <dt>{column.title}</dt>
                  <dd>{shown}</dd>
                </div>
              );
            })}
          </dl>
          {actions !== undefined && <div className={styles["cardActions"]}>{actions(row)}</div>}
        </li>
      ))}
    </ul>
  );
}
