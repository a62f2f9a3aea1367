/** Anything new in two clicks, from everywhere. */
import { PlusOutlined } from "@ant-design/icons";
import { Button, Dropdown } from "antd";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { useLanguage, useTexts } from "~/data/device_context";
import { useCreations } from "~/ui/creations";
import { say, type Texts } from "~/values/words";

const TEXTS = {
  create: ["新建", "New"],
} satisfies Texts;

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
