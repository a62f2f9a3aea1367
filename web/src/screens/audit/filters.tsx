/** By whom, of what, which action, on which device, when. */
import { Button, Checkbox, DatePicker, Input, Select } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import type { ReactNode } from "react";
import { useMay } from "~/data/access_context";
import { useAnswer } from "~/data/asking";
import { useLanguage, useTexts } from "~/data/device_context";
import { useList } from "~/data/hooks";
import { DESCRIPTION } from "~/generated/description";
import { useCompact } from "~/ui/compact";
import { say } from "~/values/words";
import styles from "./audit.module.css";
import { TEXTS } from "./texts";

export interface Filter {
  readonly memberId: string | null;
  readonly entity: string | null;
  readonly op: string | null;
  readonly deviceId: string | null;
  readonly rowId: string | null;
  /** Days of the reader, `YYYY-MM-DD`, both included. */
  readonly since: string | null;
  readonly until: string | null;
  /** What devices and the product do for themselves, too; null: not. */
  readonly system: true | null;
}

export const NO_FILTER: Filter = { memberId: null, entity: null, op: null, deviceId: null, rowId: null, since: null, until: null, system: null };

export function Filters({ filter, onFilter }: { readonly filter: Filter; readonly onFilter: (filter: Filter) => void }): ReactNode {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const may = useMay();
  const members = useList({ collection: "members", limit: 2_000, orderBy: [{ field: "name" }] });
  const devices = useAnswer(may("tenants.device.view") ? "Devices" : null, { first: 100 });
  const set = (changed: Partial<Filter>): void => onFilter({ ...filter, ...changed });
  const entities = Object.values(DESCRIPTION.entities).map((entity) => ({ value: entity.name, label: say(entity.label, language) }));
  const people = (members.data?.rows ?? []).map((row) => ({ value: row.id, label: String(row["name"]) }));
  const machines = (devices.data?.devices?.nodes ?? []).map((device) => ({ value: device.id, label: `${device.name}${device.member === null ? "" : ` · ${device.member.name}`}` }));
  const pick = { allowClear: true, showSearch: { optionFilterProp: "label" } } as const;
  const active = Object.values(filter).some((value) => value !== null);
  return (
    <div className={styles["filters"]}>
      <Select {...pick} aria-label={t.who} placeholder={t.anybody} value={filter.memberId} options={people} onChange={(memberId?: string | null) => set({ memberId: memberId ?? null })} />
      <Select {...pick} aria-label={t.what} placeholder={t.anything} value={filter.entity} options={entities} onChange={(entity?: string | null) => set({ entity: entity ?? null })} />
      <Select
        allowClear
        aria-label={t.op}
        placeholder={t.anyOp}
        value={filter.op}
        options={(["insert", "update", "delete", "merge", "undo_merge"] as const).map((op) => ({ value: op as string, label: t[op] }))}
        onChange={(op?: string | null) => set({ op: op ?? null })}
      />
      {machines.length > 0 && <Select {...pick} aria-label={t.device} placeholder={t.anyDevice} value={filter.deviceId} options={machines} onChange={(deviceId?: string | null) => set({ deviceId: deviceId ?? null })} />}
      <Period filter={filter} onFilter={set} />
      <Checkbox checked={filter.system === true} title={t.systemWhat} onChange={(event) => set({ system: event.target.checked ? true : null })}>
        {t.withSystem}
      </Checkbox>
      {filter.rowId !== null && <span className={styles["chip"]}>{t.oneRow}</span>}
      {active && (
        <Button type="text" onClick={() => onFilter(NO_FILTER)}>
          {t.clear}
        </Button>
      )}
    </div>
  );
}

function Period({ filter, onFilter }: { readonly filter: Filter; readonly onFilter: (changed: Partial<Filter>) => void }): ReactNode {
  const t = useTexts(TEXTS);
  const phone = useCompact();
  if (phone) {
    const take = (name: "since" | "until") => (event: { target: { value: string } }) => onFilter({ [name]: event.target.value === "" ? null : event.target.value });
    return (
      <>
        <Input type="date" prefix={t.since} aria-label={t.since} value={filter.since ?? ""} onChange={take("since")} />
        <Input type="date" prefix={t.until} aria-label={t.until} value={filter.until ?? ""} onChange={take("until")} />
      </>
    );
  }
  const day = (text: string | null): Dayjs | null => (text === null ? null : dayjs(text));
  return (
    <DatePicker.RangePicker
      aria-label={t.period}
      allowEmpty={[true, true]}
      value={[day(filter.since), day(filter.until)]}
      placeholder={[t.since, t.until]}
      onChange={(range) => onFilter({ since: range?.[0]?.format("YYYY-MM-DD") ?? null, until: range?.[1]?.format("YYYY-MM-DD") ?? null })}
    />
  );
}
