/** The outbox: what was done here, in order, until the server has answered it and for 30 days more (PROTOCOL.md, 4 and 9).
 *
 * Which answered mutations the rows contain is told by a number of the rows' file; see `contained`.
 */
import { before, instant } from "~/values/instants";
import type { Json, JsonObject } from "~/values/json";
import { sendable, unsendable } from "./checking";
import type { Found, Inside, Value } from "./driver";
import { metaOf, nextRound, putMeta, type Numbering, type OwnFile } from "./own_file";
import type { OutboxApi, Outcome, PushAnswer, Queued, Shows, WireMutation } from "./store_api";

const COMPARED_MS = 365 * 86_400_000; // the server keeps outcomes for 400 days; what it has forgotten would be done twice
const COLUMNS =
  "n, uuid, command, arguments, base, server_base, made_at, schema, schema_version, collection, effect, row_id, shows, outcome, settled";
const FORGET = "UPDATE outbox SET arguments = '{}', base = '{}', server_base = '{}'";
const ANSWERED_SINCE = "outcome IS NOT NULL AND coalesce(answered_at, made_at) >= ?";
const KEPT_BACK = "('inbox', 'waiting', 'parked')"; // what was answered so is not done
const TO_OFFER = "outcome IS NULL OR again = 1";
const ERASED = "RECORD_ERASED";

export type Unqueued = Omit<Queued, "n" | "outcome" | "settled">;

/** What the queue needs of the rows: up to which number they contain what was answered, and to be told of changes. */
export interface Beneath {
  contained(): Promise<number>;
  /** One after the other with everything else that writes. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Behind a change of the queue, `alone` still: the lists follow. */
  follow(): Promise<void>;
  /** The numbering changed. */
  renumbered(): Promise<void>;
}

/** What a device asks for by itself: nobody entered it, and nobody misses it. */
const OF_THE_DEVICE = ["tenants.lease_numbers", "tenants.void_number"];

export class Outbox implements OutboxApi {
  constructor(
    private readonly own: OwnFile,
    private readonly beneath: Beneath,
  ) {}

  /** Adds mutations under the next numbers. Inside a transaction of the own file; the numbers. */
  async enqueue(inside: Inside, many: readonly Unqueued[]): Promise<readonly number[]> {
    const first = Number(await metaOf(inside, "next_n"));
    await inside.runMany(
      `INSERT INTO outbox (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0)`,
      many.map((queued, at) => [
        first + at, queued.uuid, queued.command, JSON.stringify(queued.arguments), JSON.stringify(queued.base), JSON.stringify(queued.serverBase),
        queued.madeAt, queued.schema, queued.schemaVersion, queued.collection, queued.effect, queued.rowId, JSON.stringify(queued.shows),
      ]),
    );
    await putMeta(inside, { next_n: first + many.length });
    await nextRound(inside);
    return many.map((_, at) => first + at);
  }

  pending(limit = -1): Promise<readonly Queued[]> {
    return this.queued("outcome IS NULL ORDER BY n LIMIT ?", [limit]);
  }

  async pendingCount(): Promise<number> {
    return Number((await this.own.query("SELECT count(*) FROM outbox WHERE outcome IS NULL"))[0]?.[0]);
  }

  async enteredCount(): Promise<number> {
    const marks = OF_THE_DEVICE.map(() => "?").join();
    return Number((await this.own.query(`SELECT count(*) FROM outbox WHERE outcome IS NULL AND command NOT IN (${marks})`, [...OF_THE_DEVICE]))[0]?.[0]);
  }

  async oldestPending(): Promise<string | null> {
    const [found] = await this.own.query("SELECT made_at FROM outbox WHERE outcome IS NULL ORDER BY n LIMIT 1");
    return found === undefined ? null : String(found[0]);
  }

  toOffer(limit: number): Promise<readonly Queued[]> {
    return this.queued(`${TO_OFFER} ORDER BY n LIMIT ?`, [limit]);
  }

  async toOfferCount(): Promise<number> {
    return Number((await this.own.query(`SELECT count(*) FROM outbox WHERE ${TO_OFFER}`))[0]?.[0]);
  }

  async overlay(): Promise<readonly Queued[]> {
    return (await this.behind(await this.beneath.contained())).overlay;
  }

  async keptBack(): Promise<readonly Queued[]> {
    return (await this.behind(await this.beneath.contained())).keptBack;
  }

  /** What rows that contain the mutations up to number `contained` do not show. */
  async behind(contained: number): Promise<{ readonly keptBack: readonly Queued[]; readonly overlay: readonly Queued[] }> {
    const keptBack = `outcome IS NOT NULL AND json_extract(outcome, '$.status') IN ${KEPT_BACK} AND n > ? ORDER BY n`;
    const overlay = "settled = 0 AND (outcome IS NULL OR n > ?) ORDER BY n";
    return { keptBack: await this.queued(keptBack, [contained]), overlay: await this.queued(overlay, [contained]) };
  }

  async answeredTo(): Promise<number> {
    return Number((await this.own.query("SELECT max(n) FROM outbox WHERE outcome IS NOT NULL AND again = 0"))[0]?.[0] ?? 0);
  }

  wire(queued: Queued): WireMutation {
    const fault = unsendable(queued.arguments);
    const under = Object.keys(queued.serverBase).length > 0;
    return {
      n: queued.n,
      uuid: queued.uuid,
      command: queued.command,
      arguments: sendable(queued.arguments),
      base: sendable(queued.base),
      ...(under && { serverBase: sendable(queued.serverBase) }),
      madeAt: queued.madeAt,
      schema: queued.schema,
      schemaVersion: queued.schemaVersion,
      ...(fault !== null && { unsendable: String(sendable(fault.field ?? "")).slice(0, 200) }),
    };
  }

  acknowledge(answer: PushAnswer, askedAs: string): Promise<void> {
    return this.changing((inside) => written(inside, answer, askedAs));
  }

  takeAnswer(answer: PushAnswer, askedAs: string, answeredTo: number): Promise<ReadonlySet<string> | null> {
    return this.changing(async (inside) => {
      if ((await metaOf(inside, "device_id")) !== askedAs) return null;
      const due = (await metaOf(inside, "compare")) === true || answer.lastMutation < answeredTo;
      const doubted = due ? await doubted_(inside, answer.lastMutation, new Date(answer.serverTime)) : new Set<string>();
      await written(inside, answer, askedAs);
      await putMeta(inside, { compare: false });
      return doubted;
    });
  }

  doubt(last: number, now: Date): Promise<ReadonlySet<string>> {
    return this.changing((inside) => doubted_(inside, last, now));
  }

  async unanswerAfter(last: number): Promise<number | null> {
    const skipTo = await this.renumbering({ most: last, afresh: false }, async (inside) => {
      await inside.run("UPDATE outbox SET outcome = NULL, settled = 0, again = 0 WHERE n > ?", [last]);
      if ((await barrierOf(inside))[1] > last) await putMeta(inside, { barrier: [null, last] });
      const first = (await inside.query("SELECT min(n) FROM outbox WHERE n > ?", [last]))[0]?.[0] ?? null;
      const begins = first === null ? Number(await metaOf(inside, "next_n")) : Number(first);
      return begins === last + 1 ? null : begins;
    });
    return skipTo;
  }

  async becomeCopy(deviceId: string, originId: string, now: Date): Promise<void> {
    if ((await this.own.get("device_id")) !== originId) return;
    const contained = await this.beneath.contained();
    await this.renumbering({ most: 0, afresh: true }, async (inside) => {
      await inside.run(`DELETE FROM outbox WHERE outcome IS NOT NULL AND NOT (${ANSWERED_SINCE})`, [comparedFrom(now)]);
      // What the rows contain is told by numbers; these change now.
      await inside.run("UPDATE outbox SET settled = 1 WHERE outcome IS NOT NULL AND n <= ?", [contained]);
      const numbers = (await inside.query("SELECT n FROM outbox ORDER BY n")).map(([n]) => Number(n));
      await inside.runMany("UPDATE outbox SET n = ? WHERE n = ?", numbers.map((n, at) => [-(at + 1), n]));
      await inside.run("UPDATE outbox SET n = -n, again = outcome IS NOT NULL");
      await putMeta(inside, { device_id: deviceId, origin_id: originId, unannounced: true, next_n: numbers.length + 1, barrier: [null, 0] });
    });
  }

  async forgetBefore(answeredAt: string): Promise<void> {
    const contained = await this.beneath.contained();
    const done = "(settled = 1 OR n <= ?) AND outcome IS NOT NULL AND again = 0 AND coalesce(answered_at, made_at) < ?";
    await this.own.tx(async (inside) => {
      await inside.run(`DELETE FROM outbox WHERE ${done}`, [contained, answeredAt]);
      await inside.run("DELETE FROM applied WHERE made_at < ?", [answeredAt]);
    });
  }

  /** Whether answered mutations say anything at all: `forgetAbout` may have something to do. */
  async saysAnything(): Promise<boolean> {
    return (await this.own.query("SELECT 1 FROM outbox WHERE outcome IS NOT NULL AND arguments <> '{}' LIMIT 1")).length > 0;
  }

  /** What was said in answered mutations about persons who are erased; what is unanswered the server keeps nothing of.
   * Whether anything was. */
  async forgetAbout(erased: readonly string[]): Promise<boolean> {
    const named = "outcome IS NOT NULL AND arguments <> '{}' AND (row_id = ? OR instr(lower(arguments), ?) > 0)";
    if (erased.length === 0) return false;
    return this.own.tx(async (inside) => {
      let any = false;
      for (const id of erased) any = (await inside.run(`${FORGET} WHERE ${named}`, [id, id])) > 0 || any;
      return any;
    });
  }

  private changing<T>(work: (inside: Inside) => Promise<T>): Promise<T> {
    return this.beneath.alone(async () => {
      const result = await this.own.tx(async (inside) => {
        const found = await work(inside);
        await nextRound(inside);
        return found;
      });
      await this.beneath.follow();
      return result;
    });
  }

  /** The rows' file hears of it behind this transaction; after a kill between the two, when it is opened. */
  private renumbering<T>(how: Omit<Numbering, "id">, work: (inside: Inside) => Promise<T>): Promise<T> {
    return this.beneath.alone(async () => {
      const id = (await this.own.numbering()).id + 1;
      const result = await this.own.tx(async (inside) => {
        const found = await work(inside);
        await putMeta(inside, { numbering: { id, ...how } });
        await nextRound(inside);
        return found;
      });
      await this.beneath.renumbered();
      await this.beneath.follow();
      return result;
    });
  }

  private async queued(where: string, parameters: readonly Value[]): Promise<readonly Queued[]> {
    return readQueued(await this.own.query(`SELECT ${COLUMNS} FROM outbox WHERE ${where}`, parameters));
  }
}

/** What was answered before this instant is not offered again. `now`: by the server's clock. */
export function comparedFrom(now: Date): string {
  return before(instant(now), COMPARED_MS);
}

async function written(inside: Inside, answer: PushAnswer, askedAs: string): Promise<void> {
  if ((await metaOf(inside, "device_id")) === askedAs) {
    const [, ackedTo] = await barrierOf(inside);
    if (answer.lastMutation >= ackedTo) await putMeta(inside, { barrier: [answer.clock, answer.lastMutation] });
  }
  for (const outcome of answer.outcomes) {
    const settled = KEPT_BACK.includes(`'${outcome.status}'`) ? 1 : 0;
    await inside.run(
      "UPDATE outbox SET outcome = ?, settled = max(settled, ?), again = 0, answered_at = ? WHERE n = ? AND uuid = ?",
      [JSON.stringify(outcome), settled, answer.serverTime ?? null, outcome.n, outcome.uuid],
    );
    if (outcome.error?.code === ERASED) await inside.run(`${FORGET} WHERE n = ? AND uuid = ?`, [outcome.n, outcome.uuid]);
  }
}

async function doubted_(inside: Inside, last: number, now: Date): Promise<ReadonlySet<string>> {
  const told = [last, comparedFrom(now)];
  await inside.run(`UPDATE outbox SET again = 1 WHERE n <= ? AND ${ANSWERED_SINCE}`, told);
  return new Set((await inside.query(`SELECT uuid FROM outbox WHERE n <= ? AND ${ANSWERED_SINCE}`, told)).map(([uuid]) => String(uuid)));
}

async function barrierOf(inside: Inside): Promise<readonly [clock: string | null, ackedTo: number]> {
  return ((await metaOf(inside, "barrier")) as [string | null, number] | null) ?? [null, 0];
}

function readQueued(rows: Found): readonly Queued[] {
  return rows.map((row) => ({
    n: Number(row[0]),
    uuid: String(row[1]),
    command: String(row[2]),
    arguments: parsed(row[3]) as JsonObject,
    base: parsed(row[4]) as JsonObject,
    serverBase: parsed(row[5]) as JsonObject,
    madeAt: String(row[6]),
    schema: row[7] === null ? null : String(row[7]),
    schemaVersion: Number(row[8]),
    collection: row[9] === null ? null : String(row[9]),
    effect: String(row[10]) as Queued["effect"],
    rowId: row[11] === null ? null : String(row[11]),
    shows: parsed(row[12]) as Shows,
    outcome: row[13] === null ? null : (parsed(row[13]) as unknown as Outcome),
    settled: row[14] === 1,
  }));
}

function parsed(text: Value | undefined): Json {
  return JSON.parse(String(text)) as Json;
}
