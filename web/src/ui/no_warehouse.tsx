/** There is nothing to keep stock in yet: the way to the first warehouse and back, for whoever may make one. */
import { ShopOutlined } from "@ant-design/icons";
import { Button } from "antd";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useTexts } from "~/data/device_context";
import type { Texts } from "~/values/words";
import { useCreations } from "./creations";
import { Empty } from "./empty";
import { newPath, newPathThen } from "./paths";

const TEXTS = {
  title: ["公司还没有仓库", "There is no warehouse yet"],
  hint: ["先新建一个仓库，保存后回到这里继续。", "Create one first; saving it brings you back here."],
  ask: ["请管理员先新建仓库。", "Ask an admin to create one."],
  make: ["新建仓库", "New warehouse"],
} satisfies Texts;

/** `back`: where one goes on once there is a warehouse. */
export function NoWarehouse({ back }: { readonly back: string }): ReactNode {
  const t = useTexts(TEXTS);
  const may = useCreations().some((creation) => creation.to === newPath("warehouses"));
  return (
    <Empty title={t.title} hint={may ? t.hint : t.ask}>
      {may && (
        <Link href={newPathThen("warehouses", back)} asChild>
          <Button type="primary" icon={<ShopOutlined />}>
            {t.make}
          </Button>
        </Link>
      )}
    </Empty>
  );
}
