/** Anything new in two clicks, from everywhere. */
import { PlusOutlined } from "@ant-design/icons";
import { Button, Dropdown } from "antd";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { useAccess, useHas, useMay } from "~/data/access_context";
import { useLanguage, useTexts } from "~/data/device_context";
import { say, type Texts } from "~/values/words";
import { CREATIONS, needsOf, type Creation } from "./navigation";

const TEXTS = {
  create: ["新建", "New"],
} satisfies Texts;

/** What this member may make in this company now. */
export function useCreations(): readonly Creation[] {
  const may = useMay();
  const has = useHas();
  const access = useAccess();
  if (access !== null && !access.writable) return [];
  return CREATIONS.filter((creation) => {
    const needs = needsOf(creation);
    return may(needs.permission) && has(needs.module);
  });
}

export function QuickCreate(): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [, navigate] = useLocation();
  const creations = useCreations();
  if (creations.length === 0) return null;
  const items = creations.map(({ to, icon, words }) => ({ key: to, icon, label: say(words, language) }));
  return (
    <Dropdown trigger={["click"]} menu={{ items, onClick: ({ key }) => navigate(key) }}>
      <Button type="primary" icon={<PlusOutlined />} aria-haspopup="menu">
        {t.create}
      </Button>
    </Dropdown>
  );
}
