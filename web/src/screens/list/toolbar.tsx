/** Above a list: search, filters, grouping, columns, archived rows, export. */
import { AppstoreOutlined, DownloadOutlined, FilterOutlined, SearchOutlined, SortAscendingOutlined, TableOutlined } from "@ant-design/icons";
import { Badge, Button, Drawer, Dropdown, Input, Popover, Select, Tooltip } from "antd";
import { useEffect, useRef, useState, type ReactNode, type RefObject } from "react";
import type { InputRef } from "antd";
import { useLanguage, useTexts } from "~/data/device_context";
import { useClearing } from "~/ui/clearing";
import { useCompact } from "~/ui/compact";
import type { Described } from "~/ui/described";
import { say, type Language, type Texts } from "~/values/words";
import { ColumnsMenu } from "./columns_menu";
import type { Columns } from "./columns";
import { FilterPanel } from "./filter_panel";
import { isMoment } from "./filters";
import { groupable } from "./groups";
import { searchedBy } from "./referred_search";
import type { Cut, ListState } from "./list_state";
import styles from "./list.module.css";

const TEXTS = {
  search: (what: string) => [`搜索${what}`, `Search ${what}`],
  searchBy: (label: string) => [`按${label}查找：名称、编码、拼音`, `Search by ${label.toLowerCase()}`],
  name: ["名称", "names"],
  code: ["编码", "codes"],
  phone: ["电话", "phones"],
  pinyin: ["拼音", "pinyin"],
  listed: ["、", ", "],
  sort: ["排序", "Sort by"],
  newest: ["最近修改在前", "Recently updated first"],
  upwards: (label: string) => [`${label} ↑`, `${label} ↑`],
  downwards: (label: string) => [`${label} ↓`, `${label} ↓`],
  searchShort: ["在列表中查找", "Search the list"],
  filter: ["筛选", "Filter"],
  group: ["分组", "Group by"],
  noGroup: ["不分组", "No groups"],
  byMonth: (label: string) => [`${label}（按月）`, `${label} (by month)`],
  byDay: (label: string) => [`${label}（按天）`, `${label} (by day)`],
  byYear: (label: string) => [`${label}（按年）`, `${label} (by year)`],
  columns: ["列", "Columns"],
  export: ["导出 CSV", "Export as CSV"],
  inUse: ["使用中", "In use"],
  archived: ["已归档", "Archived"],
  all: ["全部", "All"],
  shown: (now: string) => [`显示范围：${now}`, `Rows shown: ${now}`],
} satisfies Texts;

interface ToolbarProps {
  readonly described: Described;
  readonly state: ListState;
  readonly columns: Columns;
  readonly search: RefObject<InputRef | null>;
  onState(change: Partial<ListState>): void;
  onExport(): void;
  readonly exporting: boolean;
  /** Saved views. */
  readonly children?: ReactNode;
}

export function Toolbar({ described, state, columns, search, onState, onExport, exporting, children }: ToolbarProps): ReactNode {
  const phone = useCompact();
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const by = searchedBy(described);
  return (
    <div className={styles["toolbar"]} role="search">
      {(described.entity.searchable || by !== null) && <SearchBox hint={by === null ? t.search(searchedIn(described, t, language)) : t.searchBy(say(by.label, language))} text={state.text} box={search} onText={(text) => onState({ text })} />}
      <Filters described={described} state={state} onState={onState} />
      <GroupChoice described={described} state={state} onState={onState} />
      {phone && <SortChoice described={described} state={state} onState={onState} />}
      {!phone && (
        <Popover trigger="click" placement="bottomRight" content={<ColumnsMenu described={described} columns={columns} />}>
          <Button icon={<TableOutlined />}>{t.columns}</Button>
        </Popover>
      )}
      {described.entity.archivable && <ArchivedChoice state={state} onState={onState} />}
      {children}
      {!phone && (
        <Tooltip title={t.export}>
          <Button icon={<DownloadOutlined />} aria-label={t.export} loading={exporting} onClick={onExport} />
        </Tooltip>
      )}
    </div>
  );
}

/** What the search of a list looks at: "名称、编码、电话、拼音"; of one field alone what that is called. */
function searchedIn({ fields }: Described, t: Readonly<Record<"name" | "code" | "phone" | "pinyin" | "listed", string>>, language: Language): string {
  const searched = fields.filter((field) => field.search !== null);
  const [only] = searched;
  if (searched.length === 1 && only !== undefined && only.search !== "name") return language === "en" ? say(only.label, language).toLowerCase() : say(only.label, language);
  const kinds = (["name", "code", "phone"] as const).filter((kind) => searched.some((field) => field.search === kind)).map((kind) => t[kind]);
  return [...kinds, ...(searched.some((field) => field.search === "name") ? [t.pinyin] : [])].join(t.listed);
}

const TYPING_MS = 120;

function SearchBox({ hint, text, box, onText }: { readonly hint: string; readonly text: string; readonly box: RefObject<InputRef | null>; onText(text: string): void }): ReactNode {
  const clearing = useClearing();
  const t = useTexts(TEXTS);
  const [typed, setTyped] = useState(text);
  const told = useRef(text);
  const timer = useRef(0);
  useEffect(() => {
    // Changed from elsewhere: a saved view, the back button.
    if (text !== told.current) setTyped(text);
    told.current = text;
  }, [text]);
  const take = (next: string): void => {
    setTyped(next);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      told.current = next.trim();
      onText(next.trim());
    }, TYPING_MS);
  };
  return <Input ref={box} className={styles["search"] ?? ""} prefix={<SearchOutlined aria-hidden />} type="search" allowClear={clearing} aria-label={t.searchShort} placeholder={hint} value={typed} onChange={(event) => take(event.target.value)} />;
}

type Part = Pick<ToolbarProps, "described" | "state" | "onState">;

function Filters({ described, state, onState }: Part): ReactNode {
  const t = useTexts(TEXTS);
  const phone = useCompact();
  const [open, setOpen] = useState(false);
  const panel = <FilterPanel fields={described.fields} where={state.where} onChange={(where) => onState({ where })} {...(phone ? { onDone: () => setOpen(false) } : {})} />;
  const button = (
    <Badge count={state.where.length} size="small" color="var(--yf-accent)">
      <Button icon={<FilterOutlined />} onClick={() => phone && setOpen(true)}>
        {t.filter}
      </Button>
    </Badge>
  );
  if (!phone) {
    return (
      <Popover trigger="click" placement="bottomLeft" content={panel}>
        {button}
      </Popover>
    );
  }
  return (
    <>
      {button}
      <Drawer open={open} placement="bottom" size="large" title={t.filter} onClose={() => setOpen(false)}>
        {panel}
      </Drawer>
    </>
  );
}

function GroupChoice({ described, state, onState }: Part): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const options = groupable(described.fields).flatMap((field) => {
    const label = say(field.label, language);
    if (!isMoment(field)) return [{ value: field.name, label }];
    return [
      { value: `${field.name}:month`, label: t.byMonth(label) },
      { value: `${field.name}:day`, label: t.byDay(label) },
      { value: `${field.name}:year`, label: t.byYear(label) },
    ];
  });
  if (options.length === 0) return null;
  const value = state.group === null ? null : `${state.group.field}${state.group.cut === null ? "" : `:${state.group.cut}`}`;
  const choose = (next: string | null | undefined): void => {
    const [field = "", cut] = (next ?? "").split(":");
    onState({ group: field === "" ? null : { field, cut: (cut as Cut | undefined) ?? null } });
  };
  return <Select aria-label={t.group} className={styles["group"] ?? ""} prefix={<AppstoreOutlined aria-hidden />} placeholder={t.group} allowClear value={value} popupMatchSelectWidth={false} options={options} onChange={choose} />;
}

/** Where no head of a table can be pressed. */
function SortChoice({ described, state, onState }: Part): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const options = described.fields.flatMap((field) => {
    if (!field.sortable) return [];
    const label = say(field.label, language);
    return [
      { value: field.name, label: t.upwards(label) },
      { value: `-${field.name}`, label: t.downwards(label) },
    ];
  });
  if (options.length === 0) return null;
  const value = state.order === null ? "" : `${state.order.desc === true ? "-" : ""}${state.order.field}`;
  const choose = (next: string): void => onState({ order: next === "" ? null : { field: next.replace(/^-/, ""), ...(next.startsWith("-") ? { desc: true } : {}) } });
  return <Select aria-label={t.sort} className={styles["group"] ?? ""} prefix={<SortAscendingOutlined aria-hidden />} value={value} popupMatchSelectWidth={false} options={[{ value: "", label: t.newest }, ...options]} onChange={choose} />;
}

function ArchivedChoice({ state, onState }: Pick<Part, "state" | "onState">): ReactNode {
  const t = useTexts(TEXTS);
  const items = [
    { key: "used", label: t.inUse },
    { key: "only", label: t.archived },
    { key: "all", label: t.all },
  ];
  const now = state.archived ?? "used";
  const label = items.find((item) => item.key === now)?.label ?? t.inUse;
  return (
    <Dropdown trigger={["click"]} menu={{ items, selectedKeys: [now], onClick: ({ key }) => onState({ archived: key === "only" || key === "all" ? key : null }) }}>
      <Button aria-label={t.shown(label)}>{label}</Button>
    </Dropdown>
  );
}
