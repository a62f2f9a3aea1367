/** Numbers and amounts typed as people type them: exact text all the way, thousands commas when the field is left. */
import { Input, Select, Space } from "antd";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import type { Json } from "~/values/json";
import { fromMinor, grouped, minorDigits, plainDecimal, priceDigits, shortest, toMinor, USUAL_CURRENCIES } from "~/values/money";
import type { Texts } from "~/values/words";
import styles from "./field_input.module.css";

const TEXTS = {
  notNumber: ["请输入数字，如 1,234.56", "Type a number, such as 1,234.56"],
  notWhole: ["请输入整数", "Type a whole number"],
  notAmount: (digits: number) => [
    digits === 0 ? "请输入金额，这个币种没有小数" : `请输入金额，最多 ${digits} 位小数`,
    digits === 0 ? "Type an amount; this currency has no decimals" : `Type an amount with at most ${digits} decimals`,
  ],
  currency: ["币种", "Currency"],
} satisfies Texts;

interface NumberInputProps {
  readonly id?: string;
  /** A decimal's text, or a whole number. */
  readonly value: Json | undefined;
  readonly whole?: boolean;
  readonly disabled?: boolean;
  readonly status?: "error";
  readonly label?: string;
  readonly describedBy?: string;
  readonly prefix?: ReactNode;
  onChange(value: Json): void;
  /** What is wrong with what stands there; null: nothing. It is not handed on while something is. */
  onProblem?(problem: string | null): void;
}

/** A quantity, a price or a count. Hands on a decimal's text, or a number where only whole ones go. */
export function NumberInput({ value, whole = false, onChange, onProblem, ...rest }: NumberInputProps): ReactNode {
  const t = useTexts(TEXTS);
  const read = (typed: string): Json | undefined => {
    const plain = plainDecimal(typed);
    if (plain === null) return undefined;
    if (!whole) return plain;
    return /^-?\d+$/.test(plain) && Number.isSafeInteger(Number(plain)) ? Number(plain) : undefined;
  };
  const shown = (now: Json | undefined): string => (now === null || now === undefined ? "" : shortest(String(now)));
  return (
    <Typed
      {...rest}
      shown={shown(value)}
      show={shown}
      read={read}
      problem={whole ? t.notWhole : t.notNumber}
      onChange={onChange}
      onProblem={onProblem}
    />
  );
}

interface MoneyInputProps extends Omit<NumberInputProps, "whole" | "prefix"> {
  readonly currency: string;
  /** A unit price: a decimal of any digits in major units, not minor ones. */
  readonly price?: boolean;
  /** Without: the currency is settled. */
  onCurrency?(currency: string): void;
}

/** An amount in minor units, typed in major ones, with its currency; or a unit price. */
export function MoneyInput({ value, currency, price = false, onChange, onCurrency, onProblem, ...rest }: MoneyInputProps): ReactNode {
  const t = useTexts(TEXTS);
  const choices = [...new Set([currency, ...USUAL_CURRENCIES])];
  const shown = (now: Json | undefined): string => {
    if (price) return now === null || now === undefined ? "" : priceDigits(String(now), currency);
    return fromMinor(now, currency) ?? "";
  };
  return (
    <Space.Compact block className={styles["money"] ?? ""}>
      {onCurrency === undefined ? (
        <span className={styles["currency"]}>{currency}</span>
      ) : (
        <Select
          aria-label={t.currency}
          className={styles["currencies"] ?? ""}
          value={currency}
          disabled={rest.disabled ?? false}
          showSearch
          options={choices.map((code) => ({ value: code, label: code }))}
          onChange={onCurrency}
        />
      )}
      <Typed
        {...rest}
        key={currency}
        shown={shown(value)}
        show={shown}
        read={(typed) => (price ? plainDecimal(typed) : toMinor(typed, currency)) ?? undefined}
        problem={price ? t.notNumber : t.notAmount(minorDigits(currency))}
        onChange={onChange}
        onProblem={onProblem}
      />
    </Space.Compact>
  );
}

interface TypedProps extends Omit<NumberInputProps, "value" | "whole" | "onProblem"> {
  readonly shown: string;
  /** A value as it is shown. */
  show(value: Json): string;
  readonly problem: string;
  read(typed: string): Json | undefined;
  readonly onProblem: NumberInputProps["onProblem"] | undefined;
}

/** Keeps what is being typed as it was typed, right or wrong; a value from outside takes its place. */
function Typed({ shown, show, read, problem, onChange, onProblem, label, describedBy, ...rest }: TypedProps): ReactNode {
  const [typed, setTyped] = useState<string | null>(null);
  const kept = useRef(shown);
  useEffect(() => {
    if (kept.current !== shown) setTyped(null);
    kept.current = shown;
  }, [shown]);
  const take = (text: string): void => {
    setTyped(text);
    const value = text.trim() === "" ? null : read(text);
    onProblem?.(value === undefined ? problem : null);
    if (value === undefined) return;
    kept.current = value === null ? "" : show(value);
    onChange(value);
  };
  return (
    <Input
      {...rest}
      aria-label={label}
      aria-describedby={describedBy}
      className={styles["numeric"] ?? ""}
      inputMode="decimal"
      autoComplete="off"
      value={typed ?? grouped(shown)}
      onChange={(event) => take(event.target.value)}
      onFocus={() => setTyped((now) => now ?? shown)}
      onBlur={() => setTyped((now) => (now !== null && (now.trim() === "" || read(now) !== undefined) ? null : now))}
    />
  );
}
