import { Button } from "antd";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useTexts } from "~/data/device_context";
import { Page } from "~/ui/page";
import type { Texts } from "~/values/words";

const TEXTS = {
  title: ["没有这个页面", "Page not found"],
  text: ["链接可能已经失效，或地址输入有误。", "The link may be old, or the address mistyped."],
  home: ["回到工作台", "Go to the workbench"],
} satisfies Texts;

export function NotFound(): ReactNode {
  const t = useTexts(TEXTS);
  return (
    <Page title={t.title} back="/">
      <p>{t.text}</p>
      <Link href="/" asChild>
        <Button type="primary">{t.home}</Button>
      </Link>
    </Page>
  );
}
