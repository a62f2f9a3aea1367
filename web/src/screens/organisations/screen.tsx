/** The company's tree: organisations, departments, legal entities; added, renamed, moved. */
import { ApartmentOutlined, BankOutlined } from "@ant-design/icons";
import { Button, Tree } from "antd";
import { useState, type ReactNode } from "react";
import { useMay } from "~/data/access_context";
import { useAnswer } from "~/data/asking";
import { useLanguage, useTexts } from "~/data/device_context";
import { Answered } from "~/ui/answered";
import { Failure } from "~/ui/failure";
import { choiceLabel } from "~/ui/labels";
import { Page } from "~/ui/page";
import { Facts, Panel } from "~/ui/panel";
import { Records } from "~/ui/records";
import { zoneText } from "~/values/zones";
import { EditLegalEntity, MoveDepartment, NewDepartment, NewOrganisation, type LegalEntity } from "./dialogs";
import styles from "./organisations.module.css";
import { TEXTS } from "./texts";
import { useTree, type Node } from "./tree";

type Opened = "organisation" | "department" | "edit" | "move";

export default function OrganisationsScreen(): ReactNode {
  const t = useTexts(TEXTS);
  const may = useMay();
  const tree = useTree();
  const legal = useAnswer(may("tenants.legal_entity.view") ? "LegalEntities" : null, {});
  const entities = legal.data?.legalEntities?.nodes ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const node = tree.find(chosen) ?? tree.roots[0] ?? null;
  return (
    <Page title={t.title} help="organisations">
      <Failure error={tree.error} />
      <div className={styles["columns"]}>
        <Panel title={t.tree} note={t.intro}>
          {tree.known && (
            <Tree<TreeItem>
              aria-label={t.tree}
              blockNode
              showIcon
              defaultExpandAll
              selectedKeys={node === null ? [] : [node.key]}
              treeData={tree.roots.map(item)}
              onSelect={(_, { node: picked }) => setChosen(String(picked.key))}
              onActiveChange={(key) => key !== null && key !== undefined && setChosen(String(key))}
            />
          )}
          <p className={styles["keys"]}>{t.keys}</p>
        </Panel>
        {node === null ? <Panel title={t.tree}>{t.choose}</Panel> : <Chosen key={node.key} node={node} roots={tree.roots} entities={entities} onChosen={setChosen} />}
      </div>
      {may("tenants.legal_entity.view") && (
        <Panel title={t.entities}>
          <Answered answer={legal}>{() => <LegalEntities entities={entities} roots={tree.roots} onChanged={() => void legal.reload()} />}</Answered>
        </Panel>
      )}
    </Page>
  );
}

interface TreeItem {
  readonly key: string;
  readonly title: string;
  readonly icon: ReactNode;
  readonly children: TreeItem[];
}

function item(node: Node): TreeItem {
  return { key: node.key, title: node.name, icon: node.type === "organisation" ? <BankOutlined /> : <ApartmentOutlined />, children: node.children.map(item) };
}

interface ChosenProps {
  readonly node: Node;
  readonly roots: readonly Node[];
  readonly entities: readonly LegalEntity[];
  readonly onChosen: (key: string) => void;
}

function Chosen({ node, roots, entities, onChosen }: ChosenProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const may = useMay();
  const [opened, setOpened] = useState<Opened | null>(null);
  const close = (): void => setOpened(null);
  const isOrg = node.type === "organisation";
  const mayOrg = may("tenants.organisation.manage");
  const mayDept = may("tenants.department.manage");
  const legal = entities.find((entity) => entity.id === node.legalEntityId);
  const actions = (
    <>
      {isOrg && mayOrg && <Button onClick={() => setOpened("organisation")}>{t.addOrganisation}</Button>}
      {mayDept && <Button onClick={() => setOpened("department")}>{t.addDepartment}</Button>}
      {(isOrg ? mayOrg : mayDept) && <Button onClick={() => setOpened("edit")}>{t.rename}</Button>}
      {!isOrg && mayDept && <Button onClick={() => setOpened("move")}>{t.move}</Button>}
    </>
  );
  return (
    <Panel title={node.name} actions={actions}>
      <Facts
        facts={[
          { label: t.kind, value: isOrg ? choiceLabel("organisations", "kind", node.kind ?? "", language) : t.department },
          { label: t.legal, value: isOrg ? legal?.name : null },
          { label: t.membersHere, value: t.people(node.members) },
          { label: t.membersBelow, value: t.people(node.below) },
        ]}
      />
      {opened === "organisation" && <NewOrganisation parent={node} entities={entities} onClose={close} onDone={onChosen} />}
      {(opened === "department" || opened === "edit") && <NewDepartment node={node} edits={opened === "edit"} onClose={close} onDone={onChosen} />}
      {opened === "move" && <MoveDepartment node={node} roots={roots} onClose={close} />}
    </Panel>
  );
}

interface LegalEntitiesProps {
  readonly entities: readonly LegalEntity[];
  readonly roots: readonly Node[];
  readonly onChanged: () => void;
}

function LegalEntities({ entities, roots, onChanged }: LegalEntitiesProps): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const may = useMay()("tenants.legal_entity.edit");
  const [edited, setEdited] = useState<LegalEntity | null>(null);
  const users = (id: string): string => organisationsOf(roots).filter((node) => node.legalEntityId === id).map((node) => node.name).join(language === "en" ? ", " : "、");
  return (
    <>
      <Records
        label={t.entities}
        rows={entities}
        keyOf={(entity) => entity.id}
        empty={t.noEntities}
        columns={[
          { key: "name", title: t.name, render: (entity) => entity.name },
          { key: "tax", title: t.taxNumber, render: (entity) => entity.taxNumber },
          { key: "currency", title: t.currency, render: (entity) => entity.currency },
          { key: "zone", title: t.zone, render: (entity) => <span title={entity.zone}>{zoneText(entity.zone, language)}</span> },
          { key: "users", title: t.usedBy, render: (entity) => users(entity.id) },
        ]}
        {...(may
          ? {
              actions: (entity: LegalEntity) => (
                <Button size="small" type="text" onClick={() => setEdited(entity)}>
                  {t.rename}
                </Button>
              ),
            }
          : {})}
      />
      {edited !== null && (
        <EditLegalEntity
          entity={edited}
          onClose={() => setEdited(null)}
          onDone={() => {
            setEdited(null);
            onChanged();
          }}
        />
      )}
    </>
  );
}

function organisationsOf(nodes: readonly Node[]): readonly Node[] {
  return nodes.flatMap((node) => (node.type === "organisation" ? [node, ...organisationsOf(node.children)] : []));
}

