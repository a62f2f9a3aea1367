/** What comes next and when: days that a tap chooses. */
import { Input } from "antd";
import { useState, type ReactElement } from "react";
import { useLanguage, useTexts } from "~/data/device_context";
import { fieldLabel } from "~/ui/labels";
import { dayOf, instantOfLocal } from "~/values/moments";
import { Chips } from "./chips";
import css from "./follow_up.module.css";
import { FOLLOW_UP_TEXTS } from "./texts";

const MORNING = "09:00";

interface NextStepProps {
  readonly what: string;
  /** An instant on the wire; null: none. */
  readonly at: string | null;
  readonly onChange: (what: string, at: string | null) => void;
}

/** The days that are offered, `YYYY-MM-DD` on the reader's calendar. */
export function quickDays(now: Date): { readonly tomorrow: string; readonly inThree: string; readonly nextWeek: string; readonly nextMonth: string } {
  const shift = (days: number) => dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 12));
  const untilMonday = ((8 - now.getDay()) % 7) || 7;
  // The same day of the next month, or its last one.
  const last = new Date(now.getFullYear(), now.getMonth() + 2, 0).getDate();
  const month = dayOf(new Date(now.getFullYear(), now.getMonth() + 1, Math.min(now.getDate(), last), 12));
  return { tomorrow: shift(1), inThree: shift(3), nextWeek: shift(untilMonday), nextMonth: month };
}

export function NextStep({ what, at, onChange }: NextStepProps): ReactElement {
  const t = useTexts(FOLLOW_UP_TEXTS);
  const language = useLanguage();
  const [other, setOther] = useState(false);
  const days = quickDays(new Date());
  const chosen = at === null ? "" : dayOf(new Date(at));
  const options = [
    { value: "", label: t.noNext },
    { value: days.tomorrow, label: t.tomorrow },
    { value: days.inThree, label: t.inThree },
    { value: days.nextWeek, label: t.nextWeek },
    { value: days.nextMonth, label: t.nextMonth },
    { value: "other", label: t.other },
  ].filter((option, index, all) => all.findIndex((one) => one.value === option.value) === index);
  const isOther = other || (chosen !== "" && !options.some((option) => option.value === chosen));
  const set = (day: string) => onChange(what, day === "" ? null : instantOfLocal(`${day}T${MORNING}`));
  return (
    <div>
      <Chips
        label={fieldLabel("activities", "nextStepAt", language)}
        options={options}
        value={isOther ? "other" : chosen}
        onChange={(value) => {
          setOther(value === "other");
          if (value !== "other") set(value);
        }}
      />
      {isOther ? <Input className={css["below"] ?? ""} size="large" type="date" value={chosen} min={dayOf(new Date())} aria-label={t.other} onChange={(event) => set(event.target.value)} /> : null}
      {at === null ? null : <Input className={css["below"] ?? ""} size="large" value={what} placeholder={t.nextWhat} aria-label={fieldLabel("activities", "nextStep", language)} onChange={(event) => onChange(event.target.value, at)} />}
    </div>
  );
}
