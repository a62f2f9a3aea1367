/** What is shown where somebody opens the form of something that they may not make. */
import type { ReactNode } from "react";
import { useDefinitions } from "~/data/definitions";
import { useTexts } from "~/data/device_context";
import type { Texts } from "~/values/words";
import { useDescribed } from "./described";
import { Empty } from "./empty";
import { Page } from "./page";

const TEXTS = {
  title: ["您不能在这里新建或修改", "You may not make or change this"],
  hint: ["公司没有开通这个模块，或您的角色不包含这项权限。请联系管理员。", "The company does not have this module, or your role does not include it. Ask an admin."],
} satisfies Texts;

export function NoRights(): ReactNode {
  const t = useTexts(TEXTS);
  return (
    <Page title={t.title} back="history">
      <Empty title={t.title} hint={t.hint} />
    </Page>
  );
}

/** The form of a new row of the collection, for who may make one. */
export function MayMake({ collection, children }: { readonly collection: string; readonly children: ReactNode }): ReactNode {
  const { known } = useDefinitions();
  const may = useDescribed(collection)?.command("create") != null;
  return known && !may ? <NoRights /> : children;
}
