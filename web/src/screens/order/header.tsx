/** The head of an order: who, when, in which currency. */
import { Select } from "antd";
import { useId, useMemo, type ReactElement, type ReactNode } from "react";
import { GrowingText } from "~/ui/growing_text";
import { useLanguage } from "~/data/device_context";
import type { Row } from "~/device/api";
import { useDescribed } from "~/ui/described";
import { FieldInput } from "~/ui/field_input";
import { Reference } from "~/ui/field_value";
import { fieldLabel } from "~/ui/labels";
import { ReferencePicker } from "~/ui/reference_picker";
import { USUAL_CURRENCIES } from "~/values/money";
import css from "./order.module.css";
import type { Header } from "./use_order";

interface HeaderProps {
  readonly order: Row | null;
  readonly header: Header;
  readonly change: (part: Partial<Header>) => void;
  readonly locked: boolean;
  /** Notes may be written at any time. */
  readonly mayNote: boolean;
}

export function OrderHeader({ order, header, change, locked, mayNote }: HeaderProps): ReactElement {
  const language = useLanguage();
  const label = (field: string) => fieldLabel("salesOrders", field, language);
  const day = useDescribed("salesOrders")?.field("orderedOn") ?? null;
  const currencies = useMemo(() => [...new Set([header.currency, ...USUAL_CURRENCIES])].map((value) => ({ value, label: value })), [header.currency]);
  const ids = { customer: useId(), day: useId(), currency: useId(), notes: useId() };
  return (
    <div className={css["header"]}>
      <Place id={ids.customer} label={label("customerId")} wide>
        {order === null ? (
          <ReferencePicker id={ids.customer} collection="customers" value={header.customerId} onChange={(customerId) => change({ customerId })} autoFocus={header.customerId === null} clearable={false} takesNew />
        ) : header.customerId === null ? null : (
          <Reference collection="customers" id={header.customerId} />
        )}
      </Place>
      <Place id={ids.day} label={label("orderedOn")}>
        {day === null ? null : <FieldInput id={ids.day} field={day} value={header.orderedOn} onChange={(value) => typeof value === "string" && change({ orderedOn: value })} disabled={locked} />}
      </Place>
      <Place id={ids.currency} label={label("currency")}>
        <Select id={ids.currency} aria-label={label("currency")} showSearch value={header.currency} options={currencies} disabled={locked} onChange={(currency: string) => change({ currency })} className={css["whole"] ?? ""} />
      </Place>
      <Place id={ids.notes} label={label("notes")} wide>
        <GrowingText id={ids.notes} least={1} most={6} value={header.notes} disabled={locked && !mayNote} onChange={(event) => change({ notes: event.target.value })} />
      </Place>
    </div>
  );
}

function Place({ id, label, wide = false, children }: { readonly id: string; readonly label: string; readonly wide?: boolean; readonly children: ReactNode }): ReactElement {
  return (
    <div className={wide ? css["widePlace"] : css["place"]}>
      <label htmlFor={id} className={css["label"]}>
        {label}
      </label>
      <div>{children}</div>
    </div>
  );
}
