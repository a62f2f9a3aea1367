/** A follow-up in three taps: the plus, the customer, save. All else may be added. */
import { SearchOutlined } from "@ant-design/icons";
import { Button, Input, Skeleton } from "antd";
import { useEffect, useState, type ReactElement } from "react";
import { useLocation, useSearch } from "wouter";
import { useLanguage, useTexts } from "~/data/device_context";
import { useIsWhole } from "~/data/hooks";
import { useKept } from "~/data/use_kept";
import { useClearing } from "~/ui/clearing";
import { useCreations } from "~/ui/creations";
import { Empty } from "~/ui/empty";
import { Failure } from "~/ui/failure";
import { MayMake } from "~/ui/may_make";
import { Page } from "~/ui/page";
import { MADE, newPath, newPathThen } from "~/ui/paths";
import { dayOf, dayText } from "~/values/moments";
import { useCandidates } from "./candidates";
import css from "./follow_up.module.css";
import { FollowUpForm } from "./form";
import { askPosition, mayAskPosition, metresText, type Position } from "./position";
import { FOLLOW_UP_TEXTS } from "./texts";

export default function FollowUpScreen(): ReactElement {
  return (
    <MayMake collection="activities">
      <FollowUp />
    </MayMake>
  );
}

function FollowUp(): ReactElement {
  const t = useTexts(FOLLOW_UP_TEXTS);
  const given = new URLSearchParams(useSearch());
  const named = given.get("customer") ?? given.get("customerId");
  const kept = useKept("follow-up");
  /** "": to be chosen anew, whatever was half written. */
  const [chosen, setChosen] = useState<string | null>(named);
  const [position, setPosition] = useState<Position | null>(null);
  useEffect(() => {
    void mayAskPosition().then(async (may) => {
      if (may) await askPosition().then(setPosition, () => undefined); // Without it the list is by time.
    });
  }, []);
  if (kept.found === undefined) return <Page title={t.title} back="history">{<Skeleton active />}</Page>;
  // What was half written goes on with its customer, unless another one is named.
  const draft = kept.found !== null && typeof kept.found["customerId"] === "string" && (named === null || kept.found["customerId"] === named) ? kept.found : null;
  const customerId = chosen ?? (draft === null ? null : String(draft["customerId"]));
  return (
    <Page title={t.title} back="history" help="follow_up">
      {customerId === null || customerId === "" ? <WhomList position={position} choose={setChosen} /> : <FollowUpForm key={customerId} customerId={customerId} kept={kept} draft={draft?.["customerId"] === customerId ? draft : null} nearPosition={position} another={() => {
        void kept.drop();
        setChosen("");
      }} />}
    </Page>
  );
}

function WhomList({ position, choose }: { readonly position: Position | null; readonly choose: (id: string) => void }): ReactElement {
  const clearing = useClearing();
  const t = useTexts(FOLLOW_UP_TEXTS);
  const language = useLanguage();
  const [text, setText] = useState("");
  const found = useCandidates(text, position);
  const [, navigate] = useLocation();
  const whole = useIsWhole();
  const mayMake = useCreations().some((creation) => creation.to === newPath("customers"));
  return (
    <section aria-label={t.whom}>
      <Input type="search" prefix={<SearchOutlined aria-hidden />} size="large" allowClear={clearing} value={text} placeholder={t.search} aria-label={t.search} onChange={(event) => setText(event.target.value)} />
      <Failure error={found.error} />
      {found.data?.length === 0 ? (
        <Empty title={!whole ? t.nobodyYet : text.trim() === "" ? t.noCustomers : t.nobody}>
          {mayMake && whole && (
            <Button type={text.trim() === "" ? "primary" : "default"} onClick={() => navigate(newPathThen("customers", `/follow-up?customerId=${MADE}`, text.trim() === "" ? {} : { name: text.trim() }))}>
              {t.newCustomer}
            </Button>
          )}
        </Empty>
      ) : null}
      <ul className={css["whom"]}>
        {(found.data ?? []).map(({ customer, metres, lastAt }) => (
          <li key={customer.id}>
            <button type="button" className={css["customer"]} onClick={() => choose(customer.id)}>
              <span className={css["name"]}>{String(customer["name"])}</span>
              <span className={css["soft"]}>
                {metres !== null && metres < 2_000 ? t.near(metresText(metres)) : lastAt !== null ? t.last(dayText(dayOf(new Date(lastAt)), language)) : String(customer["region"] ?? customer["code"] ?? "")}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
