/** One of a few, as large as a thumb. */
import { useId, type ReactElement } from "react";
import css from "./follow_up.module.css";

interface ChipsProps {
  readonly label: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function Chips({ label, options, value, onChange }: ChipsProps): ReactElement {
  const id = useId();
  return (
    <div role="group" aria-labelledby={id}>
      <div id={id} className={css["label"]}>
        {label}
      </div>
      <div className={css["chips"]}>
        {options.map((option) => (
          <button key={option.value} type="button" aria-pressed={option.value === value} className={`${css["chip"]} ${option.value === value ? css["on"] : ""}`} onClick={() => onChange(option.value)}>
            {option.label}
          </button>
        ))}
      </div>
    </div>
  );
}
