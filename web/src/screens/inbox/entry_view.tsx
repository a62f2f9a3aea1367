/** One entry: what was wanted, why it did not go through, what can be done; and doing it. */
import { Button } from "antd";
import { useEffect, useImperativeHandle, useRef, useState, type ReactNode, type Ref } from "react";
import { Link } from "wouter";
import { useDevice, useLanguage, useTexts } from "~/data/device_context";
import { useRow } from "~/data/hooks";
import type { Row } from "~/device/api";
import { Reference } from "~/ui/field_value";
import { instantWords } from "~/ui/instants";
import { rowPath } from "~/ui/paths";
import { say } from "~/values/words";
import { CountedLines, isCount } from "./counted_lines";
import { byField, keepTheirs, restoreAndTake, takeAll, type Call, type Side } from "~/data/inbox/decision";
import { text, type Entry } from "~/data/inbox/entry";
import { Failure } from "~/ui/failure";
import { saveFile } from "~/ui/save_file";
import styles from "./inbox.module.css";
import { useNaming, type Naming } from "./naming";
import { aboutEntry, offersFor, ORDER_CHANGED, type Decider, type NoMine, type Offers } from "~/data/inbox/offers";
import { commandOf, ResubmitForm } from "./resubmit_form";
import { Sent } from "./sent";
import { SideBySide } from "./side_by_side";
import { TEXTS } from "./texts";

export interface EntryKeys {
  mine(): void;
  theirs(): void;
  edit(): void;
  discard(): void;
}

interface EntryViewProps {
  readonly entry: Entry;
  readonly all: readonly Entry[];
  readonly decider: Decider;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly keys: Ref<EntryKeys>;
  readonly onDecide: (calls: readonly Call[]) => void;
  readonly onDiscard: () => void;
  readonly onOpen: (id: string) => void;
  /** Somebody moved here: the entry is read out from its heading. */
  readonly focus: boolean;
}

export function EntryView(props: EntryViewProps): ReactNode {
  const { entry, decider, keys, onDecide, onDiscard } = props;
  const t = useTexts(TEXTS);
  const naming = useNaming(entry);
  const row = useRow(naming.collection ?? "", naming.collection === null ? null : entry.rowId).data ?? null;
  const offers = offersFor(entry, decider);
  const [chosen, setChosen] = useState<Readonly<Record<string, Side>>>({});
  const [editing, setEditing] = useState(false);
  const own = entry.ownerId === decider.memberId;
  const command = commandOf(entry);
  const mine = (): void => onDecide(offers.restore !== null && row !== null && row["archivedAt"] !== null ? restoreAndTake(entry, offers.restore) : [takeAll(entry)]);
  useImperativeHandle(keys, () => ({
    mine: () => offers.mine && mine(),
    theirs: () => offers.theirs && onDecide([keepTheirs(entry)]),
    edit: () => offers.edit && setEditing(true),
    discard: () => offers.discard && onDiscard(),
  }));
  return (
    <article className={styles["detail"]} aria-labelledby={`what-${entry.id}`}>
      <Heading entry={entry} focus={props.focus} own={own} naming={naming} row={row} />
      <Told entry={entry} own={own} noMine={offers.noMine} />
      <Waiting entry={entry} all={props.all} onOpen={props.onOpen} />
      <Decision entry={entry} all={props.all} onOpen={props.onOpen} naming={naming} row={row} />
      <Values entry={entry} naming={naming} row={row} own={own} offers={offers} chosen={chosen} onChoose={(field, side) => setChosen((before) => ({ ...before, [field]: side }))} />
      <div className={styles["actions"]}>
        <Actions {...props} offers={offers} chosen={chosen} archived={row !== null && row["archivedAt"] !== null && row["archivedAt"] !== undefined} onMine={mine} onEdit={() => setEditing(true)} />
        {own && entry.command === ATTACH && entry.rowId !== null && <SaveFile attachmentId={entry.rowId} name={text(entry.arguments["fileName"]) ?? t.file} />}
        {offers.discard && (
          <Button danger type="text" disabled={props.busy} onClick={onDiscard}>
            {t.discard}
          </Button>
        )}
      </div>
      {editing && command !== null && (
        <ResubmitForm entry={entry} command={command} naming={naming} decider={decider} busy={props.busy} error={props.error} onClose={() => setEditing(false)} onSubmit={(call) => onDecide([call])} />
      )}
    </article>
  );
}

const ATTACH = "tenants.attach_file";

/** The content lies here and nowhere else: the member may keep it before it is given up. */
function SaveFile({ attachmentId, name }: { readonly attachmentId: string; readonly name: string }): ReactNode {
  const t = useTexts(TEXTS);
  const device = useDevice();
  const [failed, setFailed] = useState<Error | null>(null);
  const save = (): void => {
    setFailed(null);
    device.open(attachmentId).then((file) => saveFile(file, name), setFailed);
  };
  return (
    <>
      <Button onClick={save}>{t.saveFile}</Button>
      <Failure error={failed} />
    </>
  );
}

function Heading({ entry, focus, own, naming, row }: { readonly entry: Entry; readonly focus: boolean; readonly own: boolean; readonly naming: Naming; readonly row: Row | null }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (focus) heading.current?.focus({ preventScroll: true });
  }, [entry.id, focus]);
  const [before, after] = t.by("\u0000", instantWords(entry.madeAt, language), entry.deviceName || t.unknownDevice).split("\u0000");
  return (
    <header>
      <h2 id={`what-${entry.id}`} ref={heading} tabIndex={-1}>
        {say(entry.what, language)}
      </h2>
      <p className={styles["meta"]}>
        {before}
        {own ? t.you : entry.ownerId === null ? t.somebody : <Reference collection="members" id={entry.ownerId} links={false} />}
        {after}
        {row !== null && naming.collection !== null && (
          <>
            {" · "}
            <Link href={rowPath(naming.collection, row.id)}>{t.openRecord}</Link>
          </>
        )}
      </p>
    </header>
  );
}

function Told({ entry, own, noMine }: { readonly entry: Entry; readonly own: boolean; readonly noMine: NoMine | null }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const more = noMine === null || noMine === "waits" ? null : noMine === "decided" ? t.decidedBefore : t[noMine];
  return (
    <section className={entry.state === "open" ? styles["told"] : `${styles["told"]} ${styles["calm"]}`}>
      {!own && <small className={styles["soft"]}>{t.toldToOwner}</small>}
      <div>
        <h3>{t.why}</h3>
        <p>{say(entry.message, language)}</p>
      </div>
      {(say(entry.remedy, language) !== "" || more !== null) && (
        <div>
          <h3>{t.whatToDo}</h3>
          {more === null ? <p>{say(entry.remedy, language)}</p> : <p>{more}</p>}
        </div>
      )}
    </section>
  );
}

interface Linking {
  readonly entry: Entry;
  readonly all: readonly Entry[];
  readonly onOpen: (id: string) => void;
}

/** Behind what an entry waits, with the way there. */
function Waiting({ entry, all, onOpen }: Linking): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  if (entry.state === "open") return null;
  if (entry.state === "waiting") return <p className={styles["soft"]}>{t.waitsSubscription}</p>;
  const before = all.filter((other) => entry.waitsFor.includes(other.id));
  if (before.length === 0) return <p className={styles["soft"]}>{t.waitsGone}</p>;
  return (
    <section>
      <h3>{t.waitsForThese}</h3>
      <ul className={styles["links"]}>
        {before.map((other) => (
          <li key={other.id}>
            <Button type="link" size="small" onClick={() => onOpen(other.id)}>
              {say(other.what, language)}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A refused decision: what had been typed for it, and the entry that it was about. */
function Decision({ entry, all, onOpen, naming, row }: Linking & { readonly naming: Naming; readonly row: Row | null }): ReactNode {
  const t = useTexts(TEXTS);
  const about = aboutEntry(entry);
  if (about === null) return null;
  const other = all.find((found) => found.id === about.entryId);
  return (
    <>
      {other !== undefined && (
        <p className={styles["soft"]}>
          {t.aboutDecision}{" "}
          <Button type="link" size="small" onClick={() => onOpen(other.id)}>
            {t.openEntry}
          </Button>
        </p>
      )}
      {Object.keys(about.typed).length > 0 && (
        <section>
          <h3>{t.sent}</h3>
          <TypedFor entryId={about.entryId} typed={about.typed} naming={naming} row={row} />
        </section>
      )}
    </>
  );
}

/** Told with the labels of what the decided entry was about, as long as that entry is on this device. */
function TypedFor({ entryId, typed, naming, row }: { readonly entryId: string; readonly typed: Entry["arguments"]; readonly naming: Naming; readonly row: Row | null }): ReactNode {
  const device = useDevice();
  const found = useRow("inbox", entryId).data;
  const entity = typeof found?.["entity"] === "string" ? found["entity"] : null;
  const command = typeof found?.["command"] === "string" ? found["command"] : "";
  const about = useNaming({ ...EMPTY, id: `${device.me.memberId} ${entryId}`, entity, command });
  return <Sent sent={typed} naming={about.collection === null ? naming : about} row={row} />;
}

const EMPTY: Entry = {
  id: "", ownerId: null, command: "", what: ["", ""], entity: null, rowId: null, state: "open", code: "", message: ["", ""], remedy: ["", ""],
  field: null, arguments: {}, differences: [], facts: {}, waitsFor: [], deviceName: "", madeAt: "",
};

interface ValuesProps {
  readonly entry: Entry;
  readonly naming: Naming;
  readonly row: Row | null;
  readonly own: boolean;
  readonly offers: Offers;
  readonly chosen: Readonly<Record<string, Side>>;
  readonly onChoose: (field: string, side: Side) => void;
}

function Values({ entry, naming, row, own, offers, chosen, onChoose }: ValuesProps): ReactNode {
  const t = useTexts(TEXTS);
  const archive = entry.code === "ROW_EDITED_MEANWHILE" || entry.code === ORDER_CHANGED;
  if (aboutEntry(entry) !== null) return null;
  if (isCount(entry)) return <CountedLines entry={entry} />;
  if (entry.differences.length > 0) {
    return (
      <section>
        <h3>{archive ? t.theirChanges : t.changes}</h3>
        <SideBySide entry={entry} naming={naming} row={row} own={own} withoutMine={archive} {...(offers.fields ? { chosen, onChoose } : {})} />
      </section>
    );
  }
  return (
    <section>
      <h3>{t.sent}</h3>
      <Sent sent={entry.arguments} naming={naming} row={row} />
    </section>
  );
}

interface ActionsProps extends EntryViewProps {
  readonly offers: Offers;
  readonly chosen: Readonly<Record<string, Side>>;
  readonly archived: boolean;
  readonly onMine: () => void;
  readonly onEdit: () => void;
}

function Actions({ entry, decider, offers, chosen, archived, busy, onDecide, onMine, onEdit }: ActionsProps): ReactNode {
  const t = useTexts(TEXTS);
  const picked = offers.fields ? byField(entry, chosen) : null;
  const several = entry.differences.length > 1;
  const started = Object.keys(chosen).length > 0;
  // Where a rule refused the values, the same values again help nobody: the form comes first.
  const editFirst = offers.edit && !offers.theirs;
  return (
    <>
      {started && (
        <Button type="primary" disabled={picked === null || busy} title={picked === null ? t.chooseEach : undefined} onClick={() => picked !== null && onDecide([picked])}>
          {t.takeChosen}
        </Button>
      )}
      {offers.edit && editFirst && (
        <Button type="primary" disabled={busy} onClick={onEdit}>
          {t.edit}
        </Button>
      )}
      {offers.mine && (
        <Button type={started || editFirst ? "default" : "primary"} disabled={busy} onClick={onMine}>
          {mineWords(t, entry, offers, archived, several, entry.ownerId === decider.memberId)}
        </Button>
      )}
      {offers.theirs && (
        <Button disabled={busy} onClick={() => onDecide([keepTheirs(entry)])}>
          {entry.code === ORDER_CHANGED ? t.leaveDraft : entry.ownerId !== decider.memberId ? t.keepStanding : several && offers.fields ? t.takeTheirsAll : t.takeTheirs}
        </Button>
      )}
      {offers.edit && !editFirst && (
        <Button disabled={busy} onClick={onEdit}>
          {t.edit}
        </Button>
      )}
    </>
  );
}

const GO_ON = new Set(["ROW_EDITED_MEANWHILE", "TRANSITION_NOT_ALLOWED", "STATE_CHANGED_MEANWHILE"]);

function mineWords(t: Readonly<Record<"restoreAndTake" | "confirmAgain" | "goOn" | "submitAgain" | "takeMineAll" | "takeMine" | "takeSubmitted", string>>, entry: Entry, offers: Offers, archived: boolean, several: boolean, own: boolean): string {
  if (offers.restore !== null && archived) return t.restoreAndTake;
  if (entry.code === ORDER_CHANGED) return t.confirmAgain;
  if (GO_ON.has(entry.code)) return t.goOn;
  if (!offers.theirs) return t.submitAgain;
  if (!own) return t.takeSubmitted;
  return several && offers.fields ? t.takeMineAll : t.takeMine;
}
