import type { ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import { Page } from "~/ui/page";
import type { Texts } from "~/values/words";

const TEXTS = { title: ["工作台", "Workbench"] } satisfies Texts;

export default function Workbench(): ReactNode {
  const t = useTexts(TEXTS);
  return <Page title={t.title}>{null}</Page>;
}
