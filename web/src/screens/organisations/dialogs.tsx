/** What is done with the tree, asked once in words of consequence. */
import { App, Input, Radio, Select } from "antd";
import { useState, type ReactNode } from "react";
import { useMay } from "~/data/access_context";
import { useRequest } from "~/data/asking";
import { useCompanyBooks } from "~/data/company";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import type { Operations } from "~/generated/operations";
import { AskDialog, Labelled } from "~/ui/ask_dialog";
import { entityOf } from "~/ui/described";
import { USUAL_CURRENCIES } from "~/values/money";
import { say } from "~/values/words";
import { TEXTS } from "./texts";
import { targets, type Node } from "./tree";

export type LegalEntity = NonNullable<Operations["LegalEntities"]["result"]["legalEntities"]>["nodes"][number];

/** Tells that it is done, and fetches the tree as it is now. */
function useSaved(): (said: string) => void {
  const { message } = App.useApp();
  const device = useDevice();
  return (said) => {
    void message.success(said);
    void device.sync().catch(() => undefined); // the tree here follows at the next contact anyway
  };
}

/** The head office is one; whatever is added is another kind. */
function useKinds(): { value: string; label: string }[] {
  const language = useLanguage();
  const choices = entityOf("organisations")?.fields.find((field) => field.name === "kind")?.choices ?? [];
  return choices.filter((choice) => choice.value !== "head_office").map((choice) => ({ value: choice.value, label: say(choice.label, language) }));
}

interface NewOrganisationProps {
  readonly parent: Node;
  readonly entities: readonly LegalEntity[];
  readonly onClose: () => void;
  readonly onDone: (key: string) => void;
}

interface Books {
  readonly of: "parent" | "other" | "new";
  readonly entityId: string | null;
  readonly name: string;
  readonly taxNumber: string;
  readonly currency: string;
  readonly zone: string;
}

export function NewOrganisation({ parent, entities, onClose, onDone }: NewOrganisationProps): ReactNode {
  const t = useTexts(TEXTS);
  const kinds = useKinds();
  const saved = useSaved();
  const request = useRequest();
  const [name, setName] = useState("");
  const [kind, setKind] = useState(kinds[0]?.value ?? "");
  const own = entities.find((entity) => entity.id === parent.legalEntityId);
  const company = useCompanyBooks();
  const [books, setBooks] = useState<Books>({ of: "parent", entityId: null, name: "", taxNumber: "", currency: own?.currency ?? company.currency, zone: own?.zone ?? company.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone });
  const ready = name.trim() !== "" && (books.of === "parent" || (books.of === "other" ? books.entityId !== null : books.name.trim() !== ""));
  const legal =
    books.of === "other"
      ? { legalEntityId: books.entityId }
      : books.of === "new"
        ? { legalEntity: { name: books.name.trim(), currency: books.currency, zone: books.zone, ...(books.taxNumber.trim() === "" ? {} : { taxNumber: books.taxNumber.trim() }) } }
        : {};
  const submit = async (): Promise<void> => {
    const answer = await request.send("CreateOrganisation", { input: { name: name.trim(), kind, parentId: parent.id, ...legal } });
    if (answer === null) return;
    saved(t.saved);
    onClose();
    if (answer.createOrganisation !== null) onDone(`org:${answer.createOrganisation.id}`);
  };
  return (
    <AskDialog title={`${parent.name} · ${t.addOrganisation}`} submit={t.save} ready={ready} busy={request.busy} error={request.error} onClose={onClose} onSubmit={() => void submit()}>
      <Labelled label={t.name}>
        <Input autoFocus value={name} maxLength={60} onChange={(event) => setName(event.target.value)} />
      </Labelled>
      <Labelled label={t.kind}>
        <Select aria-label={t.kind} value={kind} onChange={setKind} options={kinds} />
      </Labelled>
      <LegalEntityForm books={books} parentName={own?.name ?? ""} entities={entities} onChange={setBooks} />
    </AskDialog>
  );
}

interface LegalEntityFormProps {
  readonly books: Books;
  readonly parentName: string;
  readonly entities: readonly LegalEntity[];
  readonly onChange: (books: Books) => void;
}

function LegalEntityForm({ books, parentName, entities, onChange }: LegalEntityFormProps): ReactNode {
  const t = useTexts(TEXTS);
  const may = useMay()("tenants.legal_entity.edit");
  const set = (changed: Partial<Books>): void => onChange({ ...books, ...changed });
  return (
    <>
      <Labelled label={t.legalOf}>
        <Radio.Group
          value={books.of}
          onChange={(event) => set({ of: event.target.value as Books["of"] })}
          options={[
            { value: "parent", label: t.sameBooks(parentName) },
            ...(entities.length > 1 ? [{ value: "other", label: t.otherBooks }] : []),
            ...(may ? [{ value: "new", label: t.newBooks }] : []),
          ]}
        />
      </Labelled>
      {books.of === "other" && <Select aria-label={t.otherBooks} value={books.entityId} onChange={(entityId) => set({ entityId })} options={entities.map((entity) => ({ value: entity.id, label: entity.name }))} />}
      {books.of === "new" && (
        <>
          <Labelled label={t.legalName}>
            <Input value={books.name} maxLength={100} onChange={(event) => set({ name: event.target.value })} />
          </Labelled>
          <Labelled label={t.taxNumber}>
            <Input value={books.taxNumber} maxLength={30} onChange={(event) => set({ taxNumber: event.target.value })} />
          </Labelled>
          <Labelled label={t.currency}>
            <Select aria-label={t.currency} showSearch value={books.currency} onChange={(currency) => set({ currency })} options={USUAL_CURRENCIES.map((code) => ({ value: code as string, label: code }))} />
          </Labelled>
          <Labelled label={t.zone} note={t.forGood}>
            <Select aria-label={t.zone} showSearch value={books.zone} onChange={(zone) => set({ zone })} options={Intl.supportedValuesOf("timeZone").map((zone) => ({ value: zone, label: zone }))} />
          </Labelled>
        </>
      )}
    </>
  );
}

interface NewDepartmentProps {
  readonly node: Node;
  /** Changes the node itself; else a department below it is made. */
  readonly edits: boolean;
  readonly onClose: () => void;
  readonly onDone: (key: string) => void;
}

export function NewDepartment({ node, edits, onClose, onDone }: NewDepartmentProps): ReactNode {
  const t = useTexts(TEXTS);
  const kinds = useKinds();
  const saved = useSaved();
  const request = useRequest();
  const [name, setName] = useState(edits ? node.name : "");
  const [kind, setKind] = useState(node.kind);
  const hasKind = edits && node.type === "organisation" && node.kind !== "head_office";
  const submit = async (): Promise<void> => {
    const given = name.trim();
    const place = node.type === "organisation" ? { organisationId: node.id } : { parentId: node.id };
    let key: string | null = node.key;
    if (!edits) {
      const answer = await request.send("CreateDepartment", { input: { name: given, ...place } });
      key = answer?.createDepartment ? `dept:${answer.createDepartment.id}` : null;
    } else if (node.type === "department") {
      if ((await request.send("EditDepartment", { input: { id: node.id, version: node.version, name: given } })) === null) key = null;
    } else if ((await request.send("EditOrganisation", { input: { id: node.id, version: node.version, name: given, ...(hasKind ? { kind } : {}) } })) === null) key = null;
    if (key === null) return;
    saved(t.saved);
    onClose();
    onDone(key);
  };
  return (
    <AskDialog title={edits ? `${t.rename} · ${node.name}` : `${node.name} · ${t.addDepartment}`} submit={t.save} ready={name.trim() !== ""} busy={request.busy} error={request.error} onClose={onClose} onSubmit={() => void submit()}>
      <Labelled label={t.name}>
        <Input autoFocus value={name} maxLength={60} onChange={(event) => setName(event.target.value)} />
      </Labelled>
      {hasKind && (
        <Labelled label={t.kind}>
          <Select aria-label={t.kind} value={kind} onChange={setKind} options={kinds} />
        </Labelled>
      )}
    </AskDialog>
  );
}

export function MoveDepartment({ node, roots, onClose }: { readonly node: Node; readonly roots: readonly Node[]; readonly onClose: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const saved = useSaved();
  const request = useRequest();
  const [key, setKey] = useState<string | null>(null);
  const places = targets(roots, node);
  const target = places.find((place) => place.key === key) ?? null;
  const submit = async (): Promise<void> => {
    if (target === null) return;
    const place = target.type === "organisation" ? { organisationId: target.id } : { parentId: target.id };
    if ((await request.send("MoveDepartment", { input: { id: node.id, version: node.version, ...place } })) === null) return;
    saved(t.moved);
    onClose();
  };
  return (
    <AskDialog title={t.moveTitle(node.name)} consequence={t.moveWhat(node.below)} submit={t.move} ready={target !== null} busy={request.busy} error={request.error} onClose={onClose} onSubmit={() => void submit()}>
      <Labelled label={t.newParent}>
        <Select aria-label={t.newParent} showSearch={{ optionFilterProp: "label" }} value={key} onChange={setKey} options={places.map((place) => ({ value: place.key, label: place.name }))} />
      </Labelled>
    </AskDialog>
  );
}

export function EditLegalEntity({ entity, onClose, onDone }: { readonly entity: LegalEntity; readonly onClose: () => void; readonly onDone: () => void }): ReactNode {
  const t = useTexts(TEXTS);
  const saved = useSaved();
  const request = useRequest();
  const [name, setName] = useState(entity.name);
  const [taxNumber, setTaxNumber] = useState(entity.taxNumber ?? "");
  const submit = async (): Promise<void> => {
    const given = { id: entity.id, version: entity.version, name: name.trim(), taxNumber: taxNumber.trim() === "" ? null : taxNumber.trim() };
    if ((await request.send("EditLegalEntity", { input: given })) === null) return;
    saved(t.saved);
    onDone();
  };
  return (
    <AskDialog title={`${t.rename} · ${entity.name}`} consequence={t.forGood} submit={t.save} ready={name.trim() !== ""} busy={request.busy} error={request.error} onClose={onClose} onSubmit={() => void submit()}>
      <Labelled label={t.legalName}>
        <Input autoFocus value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
      </Labelled>
      <Labelled label={t.taxNumber}>
        <Input value={taxNumber} maxLength={30} onChange={(event) => setTaxNumber(event.target.value)} />
      </Labelled>
    </AskDialog>
  );
}
