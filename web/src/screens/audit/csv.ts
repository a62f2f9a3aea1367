/** The trail as a file: one line per field that changed. */
import type { useTexts } from "~/data/device_context";
import { fieldText, type NameOf } from "~/ui/field_text";
import { saveFile } from "~/ui/save_file";
import { csvFile } from "~/values/csv";
import type { Json } from "~/values/json";
import { say, type Language } from "~/values/words";
import { calledOf, changesOf, labelsOf, rowAround, type AuditEntry, type FieldChange } from "./entries";
import type { TEXTS } from "./texts";

type Said = ReturnType<typeof useTexts<typeof TEXTS>>;

export function csvLines(entries: readonly AuditEntry[], t: Said, language: Language, nameOf: NameOf): readonly (readonly string[])[] {
  const head = [t.csvTime, t.who, t.op, t.what, "", t.csvCommand, t.csvField, t.csvBefore, t.csvAfter, t.csvRow];
  const lines = entries.flatMap((entry) => {
    const start = [entry.at, entry.actorLabel, opWord(entry.op, t), labelsOf(entry, language).entity, calledOf(entry, nameOf), labelsOf(entry, language).command];
    const changes = changesOf(entry);
    if (changes.length === 0) return [[...start, "", "", "", entry.rowId]];
    const told = (change: FieldChange, value: Json): string => (change.field === null ? plainText(value) : fieldText(change.field, value, { language, row: rowAround(entry) }));
    return changes.map((change) => [...start, change.field === null ? change.name : say(change.field.label, language), told(change, change.before), told(change, change.after), entry.rowId]);
  });
  return [head, ...lines];
}

export function plainText(value: Json): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function opWord(op: string, t: Said): string {
  return op === "insert" || op === "update" || op === "delete" || op === "merge" || op === "undo_merge" ? t[op] : op;
}

export function saveCsv(entries: readonly AuditEntry[], t: Said, language: Language, nameOf: NameOf): void {
  saveFile(csvFile(csvLines(entries, t, language, nameOf)), `audit-${new Date().toISOString().slice(0, 10)}.csv`);
}
