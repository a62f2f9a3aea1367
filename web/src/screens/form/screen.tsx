/** Makes a row of any collection, or changes one. */
import { App, Skeleton } from "antd";
import { useMemo, useState, type ReactNode } from "react";
import { useLocation, useParams, useSearch } from "wouter";
import { useDefinitions } from "~/data/definitions";
import { useLanguage, useTexts } from "~/data/device_context";
import { useRow } from "~/data/hooks";
import { useDescribed } from "~/ui/described";
import { Empty } from "~/ui/empty";
import { NoRights } from "~/ui/may_make";
import { Page } from "~/ui/page";
import { listPath, MADE, readGiven, rowPath } from "~/ui/paths";
import { RowForm } from "~/ui/row_form";
import { StateBadge } from "~/ui/state_badge";
import { titleOf } from "~/ui/title_of";
import { say, type Texts } from "~/values/words";

const TEXTS = {
  new: (label: string) => [`新建${label}`, `New ${label.toLowerCase()}`],
  edit: (title: string) => [`编辑 ${title}`, `Edit ${title}`],
  saved: ["已保存", "Saved"],
  notHere: ["这条记录不在本机，无法修改", "This record is not on this device and cannot be edited"],
  inBin: ["这条记录已归档，恢复后才能修改", "This record is archived: restore it to edit it"],
} satisfies Texts;

export default function FormScreen(): ReactNode {
  const { collection = "", id } = useParams();
  const { known } = useDefinitions();
  const described = useDescribed(collection);
  const language = useLanguage();
  const command = described?.command(id === undefined ? "create" : "edit") ?? null;
  const label = described === null ? "" : say(described.entity.label, language);
  if (!known) return <Loading title={label} />;
  if (command === null) return <NoRights />;
  return id === undefined ? <Creating key={collection} collection={collection} label={label} /> : <Editing key={id} collection={collection} id={id} label={label} />;
}

function Loading({ title }: { readonly title: string }): ReactNode {
  return (
    <Page title={title} back="history">
      <Skeleton active paragraph={{ rows: 8 }} />
    </Page>
  );
}

function Refusing({ title }: { readonly title: string }): ReactNode {
  return (
    <Page title={title} back="history">
      <Empty title={title} />
    </Page>
  );
}

function Creating({ collection, label }: { readonly collection: string; readonly label: string }): ReactNode {
  const t = useTexts(TEXTS);
  const search = useSearch();
  const [, navigate] = useLocation();
  const { message } = App.useApp();
  const [round, setRound] = useState(0);
  const { given, next } = useMemo(() => readGiven(search), [search]);
  const saved = (id: string, again: boolean): void => {
    message.success(t.saved);
    // The form is left for good: back leads to where it was opened.
    if (again) setRound((now) => now + 1);
    else navigate(next?.replace(MADE, id) ?? (id === "" ? listPath(collection) : rowPath(collection, id)), { replace: true });
  };
  return (
    <Page title={t.new(label)} back="history" help="form">
      <RowForm key={round} collection={collection} row={null} given={given} onSaved={saved} onCancel={() => history.back()} />
    </Page>
  );
}

function Editing({ collection, id, label }: { readonly collection: string; readonly id: string; readonly label: string }): ReactNode {
  const t = useTexts(TEXTS);
  const { message } = App.useApp();
  const { data: row, stale } = useRow(collection, id);
  if (row === undefined || (row === null && stale)) return <Loading title={label} />;
  if (row === null) return <Refusing title={t.notHere} />;
  if (typeof row["archivedAt"] === "string") return <Refusing title={t.inBin} />;
  const saved = (): void => {
    message.success(t.saved);
    history.back();
  };
  return (
    <Page title={t.edit(titleOf(collection, row) || label)} aside={<StateBadge state={row._state} />} back="history" help="form">
      <RowForm collection={collection} row={row} onSaved={saved} onCancel={() => history.back()} />
    </Page>
  );
}
