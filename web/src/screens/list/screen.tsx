/** Any collection as a list: what the address says of it, as a table or as cards. */
import { PlusOutlined } from "@ant-design/icons";
import { App, Button } from "antd";
import type { InputRef } from "antd";
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { useLocation, useParams, useSearch } from "wouter";
import { useCompanyBooks } from "~/data/company";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useStatus } from "~/data/hooks";
import { askAhead, type Segment, type WindowQuery } from "~/data/list_windows";
import type { Condition, Order, Row } from "~/device/api";
import { creationLabel } from "~/ui/creations";
import { DataList, type Column } from "~/ui/data_list";
import { useDescribed, type Described } from "~/ui/described";
import { Empty } from "~/ui/empty";
import { useFailureWords } from "~/ui/failure";
import { FieldValue, isNumber, RowTitle } from "~/ui/field_value";
import { collectionLabel } from "~/ui/labels";
import { Page } from "~/ui/page";
import { newPath, rowPath } from "~/ui/paths";
import { datedName, saveFile } from "~/ui/save_file";
import type { Field } from "~/values/description";
import { say, type Texts } from "~/values/words";
import { BulkBar } from "./bulk_bar";
import { RowCard } from "./card";
import { useColumns, type Columns } from "./columns";
import { ConditionChip } from "./condition_chip";
import { allRows, csvOf, theseRows } from "./export_rows";
import { forDevice } from "./filters";
import { GroupHead } from "./group_head";
import { summable, useGroupsIf, useGrouped } from "./groups";
import { fromSearch, toSearch, type ListState } from "./list_state";
import styles from "./list.module.css";
import { MOST_REFERRED, useReferredSearch } from "./referred_search";
import { SavedViews } from "./saved_views";
import { Toolbar } from "./toolbar";

const TEXTS = {
  notHere: ["没有这样的列表", "There is no such list"],
  notHereHint: ["可能公司没有开通这个模块，或您没有查看的权限。", "The company may not have this module, or you may not see it."],
  rows: (count: string) => [`${count} 条`, `${count} listed`],
  rowsSoFar: (count: string) => [`已有 ${count} 条，其余正在载入`, `${count} so far, more on the way`],
  exportPartly: ["数据还没有载入完，现在导出会缺少记录。请等载入完成后再导出。", "Not all data is loaded yet, so the file would miss records. Export when loading is done."],
  onTheWay: ["数据正在载入", "The data is on its way"],
  onTheWayHint: ["第一次打开要先把数据取到这台设备，可以先去别的页面。", "The first time, everything is brought to this device. You can go elsewhere meanwhile."],
  nothing: ["还没有记录", "Nothing here yet"],
  nothingFound: ["没有符合条件的记录", "Nothing matches"],
  nothingFoundHint: ["换个关键词，或减少筛选条件。", "Try other words, or fewer conditions."],
  clear: ["清除条件", "Clear the conditions"],
  referredCut: [`符合的对象太多，只在前 ${MOST_REFERRED} 个中查找，请多输入几个字`, `Too much fits: only the first ${MOST_REFERRED} are looked through. Type more`],
  groupsCut: ["分组太多，只显示前 500 组", "Too many groups: the first 500 are shown"],
} satisfies Texts;

export default function ListScreen(): ReactNode {
  const { collection = "" } = useParams();
  const described = useDescribed(collection);
  const t = useTexts(TEXTS);
  if (described === null || !described.entity.synced || !described.offered) {
    return (
      <Page title={t.notHere}>
        <Empty title={t.notHere} hint={t.notHereHint} />
      </Page>
    );
  }
  return <List key={collection} described={described} />;
}

function List({ described }: { readonly described: Described }): ReactNode {
  const { entity } = described;
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [, navigate] = useLocation();
  const [state, change] = useListState();
  const columns = useColumns(described);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [total] = useState(() => new Total());
  const search = useRef<InputRef>(null);
  const referred = useReferredSearch(described, state.text);
  const query = useQuery(described, state, referred.where);
  useAskedAhead(state.group === null ? query : null);
  const shown = useShown(described, state, query, columns);
  const exporting = useExport(described, columns, query);
  const list = useTableColumns(described, columns);
  // The rows go first: what is above them is drawn anew while the device looks for them.
  const late = useDeferredValue(state);
  const settled = useMemo(() => ({ ...late, text: state.text }), [late, state.text]); // what is typed is never behind
  const tools = useMemo(
    () => (
      <Toolbar described={described} state={settled} columns={columns} search={search} onState={change} onExport={exporting.all} exporting={exporting.running}>
        <SavedViews collection={entity.collection} state={settled} columns={columns} onState={change} />
      </Toolbar>
    ),
    [described, settled, columns, change, exporting.all, exporting.running, entity.collection],
  );
  const selection = useMemo(() => ({ ids: selected, set: setSelected }), [selected]);
  const sort = useCallback((order: Order | null) => change({ order }), [change]);
  const title = collectionLabel(entity.collection, language);
  const create = described.command("create");
  // Rows that are out of sight are not worked on.
  const key = JSON.stringify(query);
  useEffect(() => setSelected((before) => (before.size === 0 ? before : new Set())), [key]);
  const isFiltered = state.where.length > 0 || state.text !== "";
  return (
    <Page
      title={title}
      wide
      aside={<TotalText of={total} />}
      help="lists"
      actions={
        create !== null && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => navigate(newPath(entity.collection))}>
            {creationLabel(entity.collection, language)}
          </Button>
        )
      }
    >
      {tools}
      {referred.cut && <p className={styles["hint"]}>{t.referredCut}</p>}
      {state.where.length > 0 && (
        <div className={styles["chips"]}>
          {state.where.map((condition, at) => (
            <ConditionChip key={`${condition.field} ${at}`} condition={condition} field={described.field(condition.field)} onRemove={() => change({ where: state.where.filter((_, index) => index !== at) })} />
          ))}
        </div>
      )}
      {selected.size > 0 && <BulkBar described={described} ids={selected} archived={state.archived === "only"} onClear={() => setSelected(new Set())} onExport={exporting.start} />}
      <DataList
        collection={entity.collection}
        label={title}
        segments={shown.segments}
        columns={list}
        order={state.order}
        onOrder={sort}
        onResize={columns.resize}
        onOpen={(row: Row) => navigate(rowPath(entity.collection, row.id))}
        selection={selection}
        card={(row) => <RowCard described={described} row={row} />}
        renderHead={shown.renderHead}
        onToggle={shown.toggle}
        onTotal={total.tell}
        onSlash={() => search.current?.focus()}
        empty={
          isFiltered ? (
            <Empty title={t.nothingFound} hint={t.nothingFoundHint}>
              <Button onClick={() => change({ where: [], text: "" })}>{t.clear}</Button>
            </Empty>
          ) : (
            <Nothing>
              {create !== null && (
                <Button type="primary" onClick={() => navigate(newPath(entity.collection))}>
                  {creationLabel(entity.collection, language)}
                </Button>
              )}
            </Nothing>
          )
        }
      />
      {shown.cut && <p className={styles["hint"]}>{t.groupsCut}</p>}
    </Page>
  );
}

/** How many rows there are, apart from what is drawn anew with them. */
class Total {
  private readonly heard = new Set<() => void>();
  count: number | null = null;

  readonly tell = (count: number): void => {
    if (count === this.count) return;
    this.count = count;
    for (const heard of this.heard) heard();
  };

  readonly listen = (heard: () => void): (() => void) => {
    this.heard.add(heard);
    return () => void this.heard.delete(heard);
  };
}

function TotalText({ of }: { readonly of: Total }): ReactNode {
  const t = useTexts(TEXTS);
  const count = useSyncExternalStore(of.listen, () => of.count);
  const { phase } = useStatus();
  if (count === null || (count === 0 && phase !== "ready")) return null;
  return phase === "loading" ? t.rowsSoFar(count.toLocaleString()) : t.rows(count.toLocaleString());
}

/** A list that nothing is in, or nothing yet: the device has not been given all of it. */
function Nothing({ children }: { readonly children: ReactNode }): ReactNode {
  const t = useTexts(TEXTS);
  const { phase } = useStatus();
  if (phase !== "ready") return <Empty title={t.onTheWay} hint={t.onTheWayHint} />;
  return <Empty title={t.nothing}>{children}</Empty>;
}

/** The state as the address has it. Typing and clicking replaces the entry of the history, and back leaves the list; a
 * view is a place of its own, from which back leads to what was shown before. */
function useListState(): readonly [ListState, (change: Partial<ListState>) => void] {
  const search = useSearch();
  const [place, navigate] = useLocation();
  const state = useMemo(() => fromSearch(search), [search]);
  const latest = useRef(state);
  latest.current = state;
  const change = useCallback(
    (part: Partial<ListState>) => {
      const next = toSearch({ ...latest.current, ...part });
      navigate(`${place}${next === "" ? "" : `?${next}`}`, { replace: part.view === undefined || part.view === latest.current.view });
    },
    [navigate, place],
  );
  return [state, change];
}

/** The state as a question to the device. What it cannot be asked (a field that is gone) is left out. */
function useQuery(described: Described, state: ListState, referred: readonly Condition[]): WindowQuery {
  const { zone } = useCompanyBooks();
  return useMemo(() => {
    const own = state.where.flatMap((condition) => {
      const field = described.field(condition.field);
      return field === null && condition.field !== "_state" ? [] : forDevice(condition, field, zone);
    });
    const where = [...own, ...referred];
    const isSortable = state.order !== null && described.field(state.order.field) !== null;
    return {
      collection: described.entity.collection,
      ...(where.length === 0 ? {} : { where }),
      ...(state.text === "" || !described.entity.searchable ? {} : { text: state.text }),
      ...(state.archived === null ? {} : { archived: state.archived }),
      ...(isSortable && state.order !== null ? { orderBy: [state.order] } : {}),
    };
  }, [described, state, zone, referred]);
}

/** The rows are looked for while what stands around them is drawn. */
function useAskedAhead(query: WindowQuery | null): void {
  const device = useDevice();
  const asked = useRef<WindowQuery | null>(null);
  if (query !== null && asked.current !== query) askAhead(device, query);
  asked.current = query;
}

interface Shown {
  readonly segments: readonly Segment[];
  readonly cut: boolean;
  renderHead(segment: Segment): ReactNode;
  toggle(segment: Segment): void;
}

function useShown(described: Described, state: ListState, query: WindowQuery, columns: Columns): Shown {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const field = state.group === null ? null : described.field(state.group.field);
  // Sums read every row: only those that the list has a column for.
  const sums = useMemo(() => summable(described.fields).filter((one) => columns.chosen.some((column) => column.name === one.name)), [described, columns.chosen]);
  const names = useMemo(() => sums.map((one) => one.name), [sums]);
  const { grouped } = useGrouped(query, state.group, field, names, open);
  const currency = useOnlyCurrency(query, sums, field !== null);
  const plain = useMemo<readonly Segment[]>(() => [{ key: "all", headed: false, open: true, query }], [query]);
  const latest = useRef(grouped);
  if (grouped !== null) latest.current = grouped;
  const now = field === null ? null : (grouped ?? latest.current);
  return {
    segments: now === null ? plain : now.segments,
    cut: now?.cut ?? false,
    toggle: (segment) => setOpen((before) => (before.has(segment.key) ? new Set([...before].filter((key) => key !== segment.key)) : new Set([...before, segment.key]))),
    renderHead: (segment) => {
      const group = now?.groups.get(segment.key);
      return group === undefined || field === null ? null : <GroupHead group={group} field={field} cut={state.group?.cut ?? null} sums={sums} currency={currency} />;
    },
  };
}

/** Amounts of several currencies are not added up. */
function useOnlyCurrency(query: WindowQuery, sums: readonly Field[], asked: boolean): string | null {
  const by = sums.find((field) => field.currencyField !== null)?.currencyField ?? null;
  const live = useGroupsIf(asked && by !== null ? { ...query, by } : null, query.collection);
  const found = (live.data ?? []).map((group) => group.value).filter((value) => typeof value === "string");
  return by !== null && found.length === 1 ? (found[0] ?? null) : null;
}

function useTableColumns(described: Described, columns: Columns): readonly Column[] {
  const language = useLanguage();
  return useMemo(
    () =>
      columns.chosen.flatMap(({ name, width }) => {
        const field = described.field(name);
        if (field === null) return [];
        const isNaming = described.entity.calledBy[0] === name;
        const render = (row: Row): ReactNode => (isNaming ? <RowTitle collection={described.entity.collection} row={row} /> : <FieldValue field={field} row={row} links={false} />);
        return [{ key: name, title: say(field.label, language), width, numeric: isNumber(field), ...(field.sortable ? { sortBy: name } : {}), render }];
      }),
    [described, columns.chosen, language],
  );
}

function useExport(described: Described, columns: Columns, query: WindowQuery): { readonly running: boolean; start(ids: readonly string[] | null): void; all(): void } {
  const device = useDevice();
  const language = useLanguage();
  const { message } = App.useApp();
  const t = useTexts(TEXTS);
  const failureWords = useFailureWords();
  const [running, setRunning] = useState(false);
  const gone = useRef(false);
  useEffect(() => {
    gone.current = false;
    return () => {
      gone.current = true;
    };
  }, []);
  const run = async (ids: readonly string[] | null): Promise<void> => {
    if (device.status().phase !== "ready") {
      message.warning(t.exportPartly);
      return;
    }
    setRunning(true);
    try {
      const fields = columns.chosen.flatMap((column) => described.field(column.name) ?? []);
      const isCancelled = (): boolean => gone.current;
      const rows = ids === null ? allRows(device, query, isCancelled) : theseRows(device, query.collection, ids);
      const file = await csvOf(device, fields, rows, language, isCancelled);
      if (file !== null) saveFile(file, datedName(collectionLabel(query.collection, language), "csv"));
    } catch (error) {
      const words = failureWords(error as Error);
      message.error(`${words.message} ${words.remedy}`);
    } finally {
      setRunning(false);
    }
  };
  const latest = useRef(run);
  latest.current = run;
  const all = useCallback(() => void latest.current(null), []);
  return { running, start: (ids) => void run(ids), all };
}
