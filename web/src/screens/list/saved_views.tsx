/** The views that a member or the company has saved of a list. */
import { DownOutlined, EyeOutlined } from "@ant-design/icons";
import { App, Button, Dropdown, Input, Switch, type MenuProps } from "antd";
import { useState, type ReactNode } from "react";
import { useMay } from "~/data/access_context";
import { useDefinitions } from "~/data/definitions";
import { useDevice, useTexts } from "~/data/device_context";
import { useList } from "~/data/hooks";
import type { Row } from "~/device/api";
import { AskDialog, Labelled } from "~/ui/ask_dialog";
import { useFailureWords } from "~/ui/failure";
import type { JsonObject } from "~/values/json";
import type { Texts } from "~/values/words";
import type { Columns } from "./columns";
import { PLAIN, type ListState } from "./list_state";
import { columnsOf, configOf, stateOf } from "./saved_view";

const TEXTS = {
  views: ["视图", "Views"],
  all: ["默认视图", "Default view"],
  own: ["我的视图", "Mine"],
  shared: ["公司共享", "Shared"],
  save: ["另存为视图…", "Save as a view…"],
  update: ["更新当前视图", "Update this view"],
  rename: ["重命名…", "Rename…"],
  remove: ["删除当前视图", "Remove this view"],
  name: ["视图名称", "Name of the view"],
  share: ["共享给全公司", "Share with everybody"],
  shareNote: ["每个人看到的仍然只是自己权限内的数据。", "Everybody still sees only what they may see."],
  keep: ["保存", "Save"],
  saved: ["视图已保存", "The view is saved"],
  removed: ["视图已删除", "The view is removed"],
} satisfies Texts;

const MOST = 400;
const SHARE = "tenants.saved_view.share";

interface SavedViewsProps {
  readonly collection: string;
  readonly state: ListState;
  readonly columns: Columns;
  onState(state: ListState): void;
}

export function SavedViews(props: SavedViewsProps): ReactNode {
  const { schema } = useDefinitions();
  return schema !== null && "savedViews" in schema.collections ? <Menu {...props} /> : null;
}

function Menu({ collection, state, columns, onState }: SavedViewsProps): ReactNode {
  const t = useTexts(TEXTS);
  const device = useDevice();
  const may = useMay();
  const { message } = App.useApp();
  const words = useFailureWords();
  const [naming, setNaming] = useState<"new" | "rename" | null>(null);
  const { data } = useList({ collection: "savedViews", where: [{ field: "collection", op: "eq", value: collection }], orderBy: [{ field: "position" }, { field: "createdAt" }], limit: MOST });
  const views = data?.rows ?? [];
  const current = views.find((view) => view.id === state.view) ?? null;
  const mayChange = current !== null && (current["sharing"] === "shared" ? may(SHARE) : current["ownerId"] === device.me.memberId);
  const open = (view: Row): void => {
    const chosen = columnsOf(view["config"]);
    if (chosen.length > 0) columns.set(chosen);
    onState(stateOf(view.id, view["config"]));
  };
  const run = async (command: string, args: JsonObject, told: string): Promise<string | null> => {
    try {
      const { rowId } = await device.mutate(command, args);
      message.success(told);
      return rowId;
    } catch (error) {
      const { message: what, remedy } = words(error as Error);
      message.error(`${what} ${remedy}`);
      return null;
    }
  };
  const save = async (name: string, shared: boolean): Promise<void> => {
    setNaming(null);
    const id = await run("tenants.create_saved_view", { collection, name, config: configOf(state, columns.chosen), ...(shared ? { sharing: "shared" } : {}) }, t.saved);
    if (id !== null) onState({ ...state, view: id });
  };
  const itemOf = (view: Row): { key: string; label: string } => ({ key: view.id, label: String(view["name"]) });
  const own = views.filter((view) => view["sharing"] !== "shared").map(itemOf);
  const shared = views.filter((view) => view["sharing"] === "shared").map(itemOf);
  const items: MenuProps["items"] = [
    { key: "all", label: t.all },
    ...(own.length > 0 ? [{ type: "group" as const, label: t.own, children: own }] : []),
    ...(shared.length > 0 ? [{ type: "group" as const, label: t.shared, children: shared }] : []),
    { type: "divider" as const },
    { key: "save", label: t.save },
    ...(mayChange
      ? [
          { key: "update", label: t.update },
          { key: "rename", label: t.rename },
          { key: "remove", label: t.remove },
        ]
      : []),
  ];
  const choose: MenuProps["onClick"] = ({ key }) => {
    const view = views.find((one) => one.id === key);
    if (view !== undefined) open(view);
    else if (key === "save") setNaming("new");
    else if (key === "rename") setNaming("rename");
    else if (key === "update" && current !== null) void run("tenants.edit_saved_view", { id: current.id, config: configOf(state, columns.chosen) }, t.saved);
    else if (key === "remove" && current !== null) {
      void run("tenants.archive_saved_view", { id: current.id }, t.removed);
      onState({ ...state, view: null });
    } else if (key === "all") {
      columns.reset();
      onState(PLAIN);
    }
  };
  return (
    <>
      <Dropdown trigger={["click"]} menu={{ items, selectedKeys: [current?.id ?? "all"], onClick: choose }}>
        <Button icon={<EyeOutlined />}>
          {current === null ? t.views : String(current["name"])} <DownOutlined aria-hidden />
        </Button>
      </Dropdown>
      {naming === "new" && <NameDialog title={t.save} name="" mayShare={may(SHARE)} onClose={() => setNaming(null)} onSave={(name, isShared) => void save(name, isShared)} />}
      {naming === "rename" && current !== null && (
        <NameDialog
          title={t.rename}
          name={String(current["name"])}
          mayShare={false}
          onClose={() => setNaming(null)}
          onSave={(name) => {
            setNaming(null);
            void run("tenants.edit_saved_view", { id: current.id, name }, t.saved);
          }}
        />
      )}
    </>
  );
}

function NameDialog({ title, name, mayShare, onSave, onClose }: { readonly title: string; readonly name: string; readonly mayShare: boolean; onSave(name: string, shared: boolean): void; onClose(): void }): ReactNode {
  const t = useTexts(TEXTS);
  const [typed, setTyped] = useState(name);
  const [shared, setShared] = useState(false);
  return (
    <AskDialog title={title} submit={t.keep} busy={false} error={null} ready={typed.trim() !== ""} onSubmit={() => onSave(typed.trim(), shared)} onClose={onClose}>
      <Labelled label={t.name}>
        <Input autoFocus maxLength={60} value={typed} onChange={(event) => setTyped(event.target.value)} />
      </Labelled>
      {mayShare && (
        <Labelled label={t.share} note={t.shareNote}>
          <Switch checked={shared} onChange={setShared} />
        </Labelled>
      )}
    </AskDialog>
  );
}
