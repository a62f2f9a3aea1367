/** Picks a row by name, code, phone, pinyin or initials, from those on this device. */
import { Button, Select } from "antd";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useIsWhole } from "~/data/hooks";
import { useReferred } from "~/data/references";
import type { Condition, Row } from "~/device/api";
import { useLocation, useSearch } from "wouter";
import { say, type Texts } from "~/values/words";
import { useCreations } from "./creations";
import { entityOf } from "./described";
import { Reference, RowTitle } from "./field_value";
import styles from "./field_input.module.css";
import { newPath, newPathThen, pickingPath, readPicked, withoutPicked } from "./paths";
import { subtitleOf, titleOf } from "./title_of";

const TEXTS = {
  search: ["输入名称、编码或拼音首字母", "Type a name, a code or initials"],
  nothing: ["没有找到", "Nothing found"],
  nothingYet: ["已载入的数据里没有，其余正在载入", "Not in what is loaded so far; the rest is on the way"],
} satisfies Texts;

const SHOWN = 20;
const TYPING_MS = 120;

interface Chosen {
  readonly value: string;
  readonly label: ReactNode;
}

interface ReferencePickerProps {
  readonly collection: string;
  readonly value: string | null;
  onChange(id: string | null, row: Row | null): void;
  /** Only these rows. */
  readonly where?: readonly Condition[];
  readonly id?: string;
  readonly label?: string;
  readonly describedBy?: string;
  readonly disabled?: boolean;
  readonly status?: "error";
  readonly clearable?: boolean;
  readonly autoFocus?: boolean;
  readonly placeholder?: string;
  /** Who makes the row that was not there comes back to this place, and it is chosen. */
  readonly takesNew?: boolean;
}

export function ReferencePicker({ collection, value, onChange, where, label, describedBy, clearable = true, status, id, disabled = false, autoFocus = false, placeholder, takesNew = false }: ReferencePickerProps): ReactNode {
  const t = useTexts(TEXTS);
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  useMade(collection, takesNew, onChange);
  const chosen = useReferred(collection, value);
  const title = chosen == null ? "" : titleOf(collection, chosen);
  const { rows, asking } = useCandidates(collection, typed, open, where);
  const options = rows.map((row) => ({ value: row.id, row, label: <Candidate collection={collection} row={row} /> }));
  return (
    <Select
      {...(id === undefined ? {} : { id })}
      {...(status === undefined ? {} : { status })}
      aria-label={label}
      aria-describedby={describedBy}
      className={styles["whole"] ?? ""}
      showSearch={{ filterOption: false, searchValue: typed, onSearch: setTyped }}
      allowClear={clearable}
      autoFocus={autoFocus}
      disabled={disabled}
      placeholder={placeholder ?? t.search}
      loading={asking}
      // antd reads the chosen one out by its label, and by its id where that is no text.
      labelInValue
      value={value === null ? null : { value, label: title === "" ? <Reference collection={collection} id={value} links={false} /> : title }}
      options={options}
      notFoundContent={asking ? null : <Nothing collection={collection} typed={typed.trim()} takesNew={takesNew} />}
      onOpenChange={(next) => {
        setOpen(next);
        if (!next) setTyped("");
      }}
      onChange={(next: Chosen | null | undefined) => onChange(next?.value ?? null, rows.find((row) => row.id === next?.value) ?? null)}
    />
  );
}

/** The row that was made on the way from here and back; the address says so until it is chosen. */
function useMade(collection: string, wanted: boolean, choose: ReferencePickerProps["onChange"]): void {
  const device = useDevice();
  const search = useSearch();
  const [place, navigate] = useLocation();
  const id = wanted ? readPicked(search, collection) : null;
  const latest = useRef({ choose, leave: () => undefined as void });
  latest.current = { choose, leave: () => navigate(withoutPicked(place, search), { replace: true }) };
  useEffect(() => {
    if (id === null) return undefined;
    let gone = false;
    device.row(collection, id).then(
      (row) => {
        if (gone) return;
        if (row !== null) latest.current.choose(id, row);
        latest.current.leave();
      },
      () => undefined, // what was chosen before stays
    );
    return () => {
      gone = true;
    };
  }, [device, collection, id]);
}

/** Nothing to pick: the way to what is missing and back, where the form keeps what was typed. */
function Nothing({ collection, typed, takesNew }: { readonly collection: string; readonly typed: string; readonly takesNew: boolean }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [place, navigate] = useLocation();
  const search = useSearch();
  const here = search === "" ? place : `${place}?${search}`;
  const creation = useCreations().find(({ to }) => to === newPath(collection));
  const whole = useIsWhole();
  const named = typed !== "" && entityOf(collection)?.fields.some((field) => field.name === "name") === true ? { name: typed } : {};
  return (
    <span className={styles["nothing"]}>
      {whole ? t.nothing : t.nothingYet}
      {whole && (typed === "" || takesNew) && creation !== undefined && (
        <Button
          size="small"
          type="link"
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => navigate(newPathThen(collection, takesNew ? pickingPath(place, search, collection) : here, named))}
        >
          {say(creation.words, language)}
        </Button>
      )}
    </span>
  );
}

function Candidate({ collection, row }: { readonly collection: string; readonly row: Row }): ReactNode {
  const beside = subtitleOf(collection, row);
  return (
    <span className={styles["candidate"]}>
      <span className={styles["candidateName"]}>
        <RowTitle collection={collection} row={row} />
      </span>
      {beside !== "" && <span className={styles["beside"]}>{beside}</span>}
    </span>
  );
}

/** The best rows for what is typed; asked again a moment after the last key. */
function useCandidates(collection: string, typed: string, open: boolean, where: readonly Condition[] | undefined): { rows: readonly Row[]; asking: boolean } {
  const device = useDevice();
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [asking, setAsking] = useState(false);
  const round = useRef(0);
  const conditions = JSON.stringify(where ?? []);
  useEffect(() => {
    if (!open) return;
    const mine = ++round.current;
    setAsking(true);
    const ask = (): void => {
      const text = typed.trim();
      const byName = entityOf(collection)?.fields.some((field) => field.name === "name") === true;
      const query = {
        collection,
        limit: SHOWN,
        where: JSON.parse(conditions) as Condition[],
        ...(text === "" ? {} : { text }),
        // Where nothing is typed few rows are best in the order of their names, many in that of their last change.
        ...(text === "" && byName && SMALL.has(collection) ? { orderBy: [{ field: "name" }] } : {}),
      };
      device.list(query).then(
        (found) => mine === round.current && (setRows(found.rows), setAsking(false)),
        () => mine === round.current && (setRows([]), setAsking(false)),
      );
    };
    const timer = setTimeout(ask, typed === "" ? 0 : TYPING_MS);
    return () => clearTimeout(timer);
  }, [device, collection, typed, open, conditions]);
  return { rows, asking };
}

const SMALL = new Set(["members", "warehouses", "departments", "organisations", "roles", "tags"]);
