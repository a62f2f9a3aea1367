/** The rows of other collections that refer to this one: the newest few, and a way to all of them. */
import { PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useDefinitions } from "~/data/definitions";
import { useLanguage, useTexts } from "~/data/device_context";
import { useList } from "~/data/hooks";
import { DESCRIPTION } from "~/generated/description";
import type { Field } from "~/values/description";
import { say, type Texts } from "~/values/words";
import { creationLabel } from "./creations";
import { useDescribed, valueOf } from "./described";
import { FieldValue, RowTitle } from "./field_value";
import { collectionLabel } from "./labels";
import { Panel } from "./panel";
import { listPath, newPath, rowPath } from "./paths";
import styles from "./related_rows.module.css";
import { StateBadge } from "./state_badge";

const TEXTS = {
  all: (count: number) => [`查看全部 ${count} 条`, `All ${count}`],
  as: (label: string, field: string) => [`${label}（${field}）`, `${label} (${field})`],
} satisfies Texts;

const SHOWN = 5;
/** Who made, changed or keeps a row is told in the row itself. */
const NOT_RELATED = new Set(["createdById", "updatedById", "archivedById", "confirmedById", "deliveredById", "cancelledById", "postedById", "resolvedById", "closedById", "deactivatedById"]);

export interface Relation {
  readonly collection: string;
  readonly field: Field;
  /** Whether the collection refers in several ways. */
  readonly isOneOfSeveral: boolean;
}

/** Which collections refer to this one, by which field. */
export function relationsTo(collection: string): readonly Relation[] {
  return Object.values(DESCRIPTION.entities).flatMap((entity) => {
    const fields = entity.synced ? entity.fields.filter((field) => field.refersTo === collection && field.kind === "id" && field.filterable && !NOT_RELATED.has(field.name)) : [];
    return fields.map((field) => ({ collection: entity.collection, field, isOneOfSeveral: fields.length > 1 }));
  });
}

export function RelatedRows({ collection, id, except = [] }: { readonly collection: string; readonly id: string; readonly except?: readonly string[] }): ReactNode {
  const { schema } = useDefinitions();
  const relations = relationsTo(collection).filter((relation) => !except.includes(relation.collection) && (schema === null || relation.collection in schema.collections));
  return relations.map((relation) => <Related key={`${relation.collection} ${relation.field.name}`} relation={relation} id={id} />);
}

function Related({ relation: { collection, field, isOneOfSeveral }, id }: { readonly relation: Relation; readonly id: string }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const [, navigate] = useLocation();
  const described = useDescribed(collection);
  const { schema } = useDefinitions();
  const { data } = useList({ collection, where: [{ field: field.name, op: "eq", value: id }], limit: SHOWN });
  if (described === null || data === undefined) return null;
  const create = described.command("create");
  // Lines are made in the document that they are lines of.
  const isPart = Object.values(schema?.commands ?? {}).some((command) => Object.values(command.children).some((child) => child.collection === collection));
  const canCreate = !isPart && create !== null && create.arguments.some((argument) => argument.name === field.name);
  if (data.total === 0 && !canCreate) return null;
  const label = collectionLabel(collection, language);
  const filter = new URLSearchParams({ f: `${field.name}:in:${JSON.stringify([id])}` }).toString();
  return (
    <Panel
      title={isOneOfSeveral ? t.as(label, say(field.label, language)) : label}
      actions={
        canCreate && (
          <Button size="small" icon={<PlusOutlined />} onClick={() => navigate(newPath(collection, { [field.name]: id }))}>
            {creationLabel(collection, language)}
          </Button>
        )
      }
    >
      {data.total > 0 && (
        <ul className={styles["rows"]}>
          {data.rows.map((row) => (
            <li key={row.id}>
              <Link href={rowPath(collection, row.id)} className={styles["row"] ?? ""}>
                <span className={styles["title"]}>
                  <RowTitle collection={collection} row={row} />
                </span>
                {beside(described.fields, described.entity.calledBy, field.name)
                  .filter((one) => (valueOf(row, one) ?? null) !== null)
                  .slice(0, 2)
                  .map((one) => (
                    <span key={one.name} className={styles["fact"]}>
                      <FieldValue field={one} row={row} links={false} />
                    </span>
                  ))}
                <StateBadge state={row._state} short />
              </Link>
            </li>
          ))}
        </ul>
      )}
      {data.total > SHOWN && <Link href={`${listPath(collection)}?${filter}`}>{t.all(data.total)}</Link>}
    </Panel>
  );
}

/** A state, a number, a day, a way to reach somebody: what one line has room for. */
function beside(fields: readonly Field[], calledBy: readonly string[], by: string): readonly Field[] {
  const rank = (field: Field): number => {
    if (field.name === by || calledBy[0] === field.name || field.name === "version" || field.name === "position") return 9;
    if (field.choices.length > 0) return 1;
    if (field.widget === "money" || field.kind === "decimal") return 2;
    if (field.widget === "phone") return 3;
    if (field.kind === "date" || field.name === "happenedAt" || field.name === "madeAt" || field.name === "updatedAt") return field.name === "updatedAt" ? 5 : 4;
    return 9;
  };
  return fields.filter((field) => rank(field) < 9).sort((one, other) => rank(one) - rank(other));
}
