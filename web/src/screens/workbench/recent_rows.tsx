/** What changed last among what the member works with. */
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useMay } from "~/data/access_context";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useLive } from "~/data/hooks";
import { useReferred } from "~/data/references";
import type { Row } from "~/device/api";
import { DESCRIPTION } from "~/generated/description";
import { entityLabel } from "~/ui/labels";
import { sinceWords } from "~/ui/instants";
import { rowPath } from "~/ui/paths";
import { StateBadge } from "~/ui/state_badge";
import { titleOf } from "~/ui/title_of";
import { textOf } from "~/values/json";
import type { Texts } from "~/values/words";
import styles from "./workbench.module.css";

const TEXTS = {
  title: ["最近更新", "Recently updated"],
  unnamed: ["未编号", "No number yet"],
} satisfies Texts;

const COLLECTIONS = ["customers", "salesOrders", "contacts", "products"];
const SHOWN = 8;

interface Recent {
  readonly collection: string;
  readonly row: Row;
}

export function RecentRows(): ReactNode {
  const device = useDevice();
  const may = useMay();
  const t = useTexts(TEXTS);
  const wanted = COLLECTIONS.filter((collection) => may(`${DESCRIPTION.entities[collection]?.permission}.view`));
  const { data } = useLive<readonly Recent[]>(`recent ${wanted}`, wanted.length === 0 ? ["customers"] : wanted, async () => {
    const schema = await device.schema();
    const offered = wanted.filter((collection) => schema === null || collection in schema.collections);
    const lists = await Promise.all(
      offered.map(async (collection) => {
        const { rows } = await device.list({ collection, orderBy: [{ field: "updatedAt", desc: true }], limit: SHOWN });
        return rows.map((row) => ({ collection, row }));
      }),
    );
    return lists
      .flat()
      .sort((one, other) => textOf(other.row["updatedAt"]).localeCompare(textOf(one.row["updatedAt"])))
      .slice(0, SHOWN);
  });
  if (data === undefined || data.length === 0) return null;
  return (
    <section className={styles["card"]} aria-label={t.title}>
      <h2>{t.title}</h2>
      <ul className={styles["recent"]}>
        {data.map((recent) => (
          <li key={recent.row.id}>
            <RecentLine {...recent} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function RecentLine({ collection, row }: Recent): ReactNode {
  const language = useLanguage();
  const t = useTexts(TEXTS);
  const customer = useReferred("customers", collection === "salesOrders" ? textOf(row["customerId"]) || null : null);
  const about = customer === null || customer === undefined ? "" : titleOf("customers", customer);
  const at = textOf(row["updatedAt"]);
  return (
    <Link href={rowPath(collection, row.id)}>
      <span className={styles["kind"]}>{entityLabel(collection, language)}</span>
      <span className={styles["name"]}>{[titleOf(collection, row) || t.unnamed, about].filter(Boolean).join(" · ")}</span>
      <StateBadge state={row._state} short />
      <time dateTime={at}>{at === "" ? "" : sinceWords(at, language)}</time>
    </Link>
  );
}
