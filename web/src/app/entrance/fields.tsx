/** Form parts of the pages before the sign-in: light, and as usable without a mouse. */
import { useId, useState, type FormEvent, type ReactNode } from "react";
import { NoNetwork, Refused } from "~/device/api";
import { useTexts } from "~/data/device_context";
import type { Texts } from "~/values/words";
import styles from "./entrance.module.css";

const TEXTS = {
  show: ["显示", "Show"],
  hide: ["隐藏", "Hide"],
  showPassword: ["显示密码", "Show the password"],
  required: (label: string) => [`请填写${label}。`, `Fill in: ${label}.`],
  optional: ["选填", "optional"],
  noNetwork: ["连不上服务器，请检查网络后重试。", "The server cannot be reached. Check the network and try again."],
  defect: ["出了点问题，请重试。", "Something went wrong. Try again."],
} satisfies Texts;

export interface Refusal {
  /** The argument that was refused; null: the whole. */
  readonly field: string | null;
  readonly message: string;
  readonly remedy: string;
  /** Other fields that are wrong at the same time. */
  readonly also?: readonly Refusal[];
}

/** What is said of one field. */
function toldOf(refusal: Refusal | null, name: string): Refusal | null {
  return refusal === null ? null : ([refusal, ...(refusal.also ?? [])].find((one) => one.field === name) ?? null);
}

/** An error of a form: the server's own sentences where it spoke. */
export function useRefusal(): (error: unknown) => Refusal {
  const t = useTexts(TEXTS);
  return (error) => {
    if (error instanceof Refused) return { field: error.field, message: error.message, remedy: error.remedy };
    if (error instanceof NoNetwork) return { field: null, message: t.noNetwork, remedy: "" };
    return { field: null, message: t.defect, remedy: error instanceof Error ? error.message : "" };
  };
}

interface TextFieldProps {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly type?: "text" | "email" | "tel" | "password";
  readonly inputMode?: "text" | "email" | "tel" | "numeric";
  readonly autoComplete?: string;
  readonly optional?: boolean;
  readonly autoFocus?: boolean;
  readonly value: string;
  readonly refusal: Refusal | null;
  readonly onChange: (value: string) => void;
  /** Beside the field: sending a code. */
  readonly beside?: ReactNode;
}

/** A labelled field with its hint and, where it was refused, why and what to do. */
export function TextField(props: TextFieldProps): ReactNode {
  const { name, label, hint, type = "text", optional = false, value, refusal, onChange, beside } = props;
  const id = useId();
  const t = useTexts(TEXTS);
  const [shown, setShown] = useState(false);
  const why = toldOf(refusal, name);
  const refused = why !== null;
  const told = refused ? `${id}-refused` : hint === undefined ? undefined : `${id}-hint`;
  return (
    <div className={styles["field"]}>
      <label htmlFor={id}>
        {label} {optional && <small>{t.optional}</small>}
      </label>
      <div className={`${styles["input"]} ${refused ? styles["refused"] : ""}`}>
        <input
          id={id}
          name={name}
          type={type === "password" && shown ? "text" : type}
          inputMode={props.inputMode}
          autoComplete={props.autoComplete}
          autoFocus={props.autoFocus}
          autoCapitalize="none"
          spellCheck={false}
          required={!optional}
          data-label={label}
          aria-invalid={refused}
          aria-describedby={told}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
        {type === "password" && (
          <button type="button" aria-label={t.showPassword} aria-pressed={shown} onClick={() => setShown(!shown)}>
            {shown ? t.hide : t.show}
          </button>
        )}
        {beside}
      </div>
      {refused ? (
        <p id={told} role="alert" className={styles["why"]}>
          {why.message} {why.remedy}
        </p>
      ) : (
        hint !== undefined && (
          <p id={told} className={styles["hint"]}>
            {hint}
          </p>
        )
      )}
    </div>
  );
}

export interface Option<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly hint?: string;
}

interface OptionsProps<T extends string> {
  readonly label: string;
  readonly options: readonly Option<T>[];
  readonly value: T;
  readonly onChange: (value: T) => void;
  /** Side by side, short words; else one below the other with their hints. */
  readonly tabs?: boolean;
}

/** One of a few: radio buttons. */
export function Options<T extends string>({ label, options, value, onChange, tabs = false }: OptionsProps<T>): ReactNode {
  const name = useId();
  return (
    <fieldset className={tabs ? styles["tabs"] : styles["options"]}>
      <legend className={tabs ? styles["spoken"] : undefined}>{label}</legend>
      {options.map((option) => (
        <label key={option.value} className={option.value === value ? styles["chosen"] : ""}>
          <input type="radio" name={name} checked={option.value === value} onChange={() => onChange(option.value)} />
          <span>
            {option.label}
            {option.hint !== undefined && <small>{option.hint}</small>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** What was refused as a whole, or of a field that is not shown. */
export function FormRefusal({ refusal, shown }: { readonly refusal: Refusal | null; readonly shown: readonly string[] }): ReactNode {
  if (refusal === null || (refusal.field !== null && shown.includes(refusal.field))) return null;
  return (
    <div role="alert" className={styles["alert"]}>
      <strong>{refusal.message}</strong>
      {refusal.remedy !== "" && <span>{refusal.remedy}</span>}
    </div>
  );
}

export function Submit({ busy, children }: { readonly busy: boolean; readonly children: ReactNode }): ReactNode {
  return (
    <button type="submit" className={styles["submit"]} aria-busy={busy} disabled={busy}>
      {children}
    </button>
  );
}

/** What must be filled in and is not. The forms carry `noValidate`: the browser would say it in a language of its own. */
function emptyIn(form: HTMLFormElement): readonly HTMLInputElement[] {
  return [...form.querySelectorAll<HTMLInputElement>("input[required][data-label]")].filter((input) => input.value.trim() === "");
}

/** A form that reports what went wrong: `send` raises, the refusal is shown where it belongs. */
export function useSending(send: () => Promise<void>): {
  readonly busy: boolean;
  readonly refusal: Refusal | null;
  readonly submit: (event: FormEvent<HTMLFormElement>) => void;
  readonly forgive: () => void;
} {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const explain = useRefusal();
  const t = useTexts(TEXTS);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (busy) return;
    const empty = emptyIn(event.currentTarget);
    const [first, ...others] = empty.map((input): Refusal => ({ field: input.name, message: t.required(input.dataset["label"] ?? ""), remedy: "" }));
    if (first !== undefined) {
      empty[0]?.focus();
      return setRefusal({ ...first, also: others });
    }
    setBusy(true);
    setRefusal(null);
    send().then(
      () => setBusy(false),
      (error: unknown) => {
        setBusy(false);
        setRefusal(explain(error));
      },
    );
  };
  return { busy, refusal, submit, forgive: () => setRefusal(null) };
}
