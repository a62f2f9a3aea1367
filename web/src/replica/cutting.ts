/** Days and instants told apart by day, month or year, in SQL. */
import { offsetsBetween, onWire } from "~/values/zones";
import type { Inside, Value } from "./driver";

const FORMS = { 10: "%Y-%m-%d", 7: "%Y-%m", 4: "%Y" } as const;
const INSTANT = /^\d{4}-\d\d-\d\dT/;

/** The column `sql` of the rows in `source`, cut to `length` characters: a day as it stands, an instant by the calendar of the
 * zone, its summer time heeded; without a zone by UTC. */
export async function cutSql(
  from: Pick<Inside, "query">,
  sql: string,
  length: keyof typeof FORMS,
  zone: string | undefined,
  source: string,
  parameters: readonly Value[],
): Promise<string> {
  const plain = `substr(${sql}, 1, ${length})`;
  if (zone === undefined) return plain;
  const [first, last] = (await from.query(`SELECT min(${sql}), max(${sql}) ${source}`, parameters))[0] ?? [];
  if (typeof first !== "string" || typeof last !== "string" || !INSTANT.test(first)) return plain;
  const told = (minutes: number): string => `strftime('${FORMS[length]}', ${sql}, '${minutes} minutes')`;
  const arms = offsetsBetween(new Date(first), new Date(last), zone).map(({ until, minutes }) =>
    until === null ? ` ELSE ${told(minutes)}` : ` WHEN ${sql} < '${onWire(until)}' THEN ${told(minutes)}`,
  );
  return arms.length === 1 ? (arms[0] ?? "").replace(" ELSE ", "") : `CASE${arms.join("")} END`;
}
