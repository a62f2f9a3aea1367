/** What the server says of a file: before, in a dry run, and after. */
import type { Operations } from "~/generated/operations";

export type Report = Operations["ImportCustomers"]["result"]["importCustomers"];
export type Existing = "update" | "fill" | "skip";

/** What can be imported: the collection and the operation. */
export const IMPORTS = { customers: "ImportCustomers", contacts: "ImportContacts", products: "ImportProducts", stockBalances: "ImportOpeningStock" } as const;
export type Imported = keyof typeof IMPORTS;

type Answer = Operations[(typeof IMPORTS)[Imported]]["result"];

export type StockTotal = Operations["ImportOpeningStock"]["result"]["importOpeningStock"]["stock"][number];

export function reportIn(answer: Answer): Report {
  if ("importCustomers" in answer) return answer.importCustomers;
  if ("importContacts" in answer) return answer.importContacts;
  return "importProducts" in answer ? answer.importProducts : answer.importOpeningStock;
}

/** Of opening stock, by warehouse; nothing of anything else. */
export function stockIn(report: Report): readonly StockTotal[] {
  return "stock" in report ? (report.stock as readonly StockTotal[]) : [];
}

export const LARGEST_BYTES = 20 * 1024 * 1024;

export interface Settings {
  readonly existing: Existing;
  readonly onlyIfAllGood: boolean;
  /** Header → field; null: ignored. Only what differs from what the server recognised. */
  readonly mapping: Readonly<Record<string, string | null>>;
}

/** The variables of an import. `file`: its content in Base64. */
export function variablesOf(name: string, content: string, settings: Settings, dryRun: boolean): Operations["ImportCustomers"]["variables"] {
  const isMapped = Object.keys(settings.mapping).length > 0;
  return {
    file: { name, contentBase64: content },
    existing: settings.existing,
    onlyIfAllGood: settings.onlyIfAllGood,
    dryRun,
    ...(isMapped ? { mapping: settings.mapping } : {}),
  };
}

/** The whole mapping: the server's own with what the person changed. A field that goes to another column leaves the former. */
export function mapped(report: Report, header: string, field: string | null): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    report.columns.map((column) => {
      if (column.header === header) return [column.header, field];
      return [column.header, column.field === field && field !== null ? null : column.field];
    }),
  );
}

export function base64Of(file: Blob): Promise<string> {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => failed(reader.error ?? new Error("the file could not be read"));
    reader.readAsDataURL(file);
  });
}
