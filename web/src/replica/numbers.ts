/** Document numbers out of leased ranges, offline, each handed out once (PROTOCOL.md, 10). */
import type { JsonObject } from "~/values/json";
import { instant } from "~/values/instants";
import { textsIn } from "./checking";
import type { Inside } from "./driver";
import type { Files } from "./files";
import { rowOf } from "./rows_file";
import type { NumbersApi } from "./store_api";

const LEASES = "numberLeases";
const LEASE = "tenants.lease_numbers";
const VOID = "tenants.void_number";
const UNUSED = "设备上未使用 / not used on the device";
const LOW_WATER = 10;
const MOST_LEASES = 2; // not handed out; the server grants no third
const DIGITS = 6;

export interface Lease {
  readonly id: string;
  readonly seriesKey: string;
  readonly prefix: string;
  readonly first: number;
  readonly last: number;
  readonly closedAt: string | null;
}

export class Numbers implements NumbersApi {
  /** Queues a command; set by whoever can. */
  queue: (command: string, given: JsonObject) => Promise<unknown> = () => Promise.reject(new Error("nothing queues here"));

  constructor(private readonly files: Files) {}

  async take(series: string, holder: string): Promise<string | null> {
    return this.files.alone(async () => {
      const leases = await this.open(series);
      return this.files.own.tx(async (inside) => {
        for (const lease of leases) {
          const value = await nextOf(inside, lease);
          if (value > lease.last) continue;
          await inside.run(
            "INSERT INTO number_next (lease_id, value) VALUES (?, ?) ON CONFLICT (lease_id) DO UPDATE SET value = excluded.value",
            [lease.id, value + 1],
          );
          const number = `${lease.prefix}-${String(value).padStart(DIGITS, "0")}`;
          await inside.run("INSERT INTO number_held (number, series, lease_id, holder, taken_at) VALUES (?, ?, ?, ?, ?)", [number, series, lease.id, holder, instant(new Date())]);
          return number;
        }
        return null;
      });
    });
  }

  async left(series: string): Promise<number> {
    let sum = 0;
    for (const lease of await this.open(series)) sum += Math.max(0, lease.last - (await nextOf(this.files.own, lease)) + 1);
    return sum;
  }

  async spent(series: string): Promise<readonly string[]> {
    const found: string[] = [];
    for (const lease of await this.open(series)) if ((await nextOf(this.files.own, lease)) > lease.last) found.push(lease.id);
    return found;
  }

  async series(): Promise<readonly string[]> {
    return [...new Set((await this.own()).map((lease) => lease.seriesKey))].sort();
  }

  async runsLow(series: string): Promise<boolean> {
    const leases = await this.open(series);
    const unspent = leases.length - (await this.spent(series)).length;
    return this.may(LEASE) && unspent < MOST_LEASES && (await this.left(series)) < LOW_WATER && !(await this.asked(series));
  }

  async usualCount(series: string): Promise<number> {
    const newest = (await this.own()).findLast((lease) => lease.seriesKey === series);
    return newest === undefined ? 50 : newest.last - newest.first + 1;
  }

  async settle(isGone: (holder: string) => boolean): Promise<number> {
    if (!this.may(VOID)) return 0;
    const deviceId = await this.files.own.get("device_id");
    const leases = new Map((await this.every()).map((lease) => [lease.id, lease]));
    let queued = 0;
    for (const [number, series, leaseId, holder] of await this.files.own.query("SELECT number, series, lease_id, holder FROM number_held")) {
      const lease = leases.get(String(leaseId));
      if (lease === undefined || !isGone(String(holder))) continue;
      if (lease.deviceId === deviceId && lease.closedAt === null) {
        await this.queue(VOID, { series: String(series), number: String(number), reason: UNUSED });
        queued += 1;
      } else {
        // Another copy of this replica may use it, or it was voided with the lease.
        await this.files.own.tx((inside) => inside.run("DELETE FROM number_held WHERE number = ?", [String(number)]));
      }
    }
    return queued;
  }

  private may(command: string): boolean {
    return command in (this.files.shown.meta.schema?.commands ?? {});
  }

  private async asked(series: string): Promise<boolean> {
    return (await this.files.outbox.pending()).some((queued) => queued.command === LEASE && queued.arguments["series"] === series);
  }

  private async every(): Promise<readonly (Lease & { readonly deviceId: string })[]> {
    const rows = await this.files.shown.query("SELECT data FROM base WHERE collection = ?", [LEASES]);
    const leases = rows.map(([text]) => rowOf(String(text)) as unknown as Lease & { readonly deviceId: string });
    return leases.map((lease) => ({ ...lease, first: Number(lease.first), last: Number(lease.last) })).toSorted((a, b) => a.first - b.first);
  }

  /** This device's, in the order in which they are handed out. Another copy of the replica has its own. */
  private async own(): Promise<readonly Lease[]> {
    const deviceId = await this.files.own.get("device_id");
    return (await this.every()).filter((lease) => lease.deviceId === deviceId);
  }

  private async open(series: string): Promise<readonly Lease[]> {
    return (await this.own()).filter((lease) => lease.seriesKey === series && (lease.closedAt ?? null) === null);
  }
}

/** Inside the transaction that queues a mutation: the numbers in it are not merely held any more. */
export async function numbersQueued(inside: Inside, given: JsonObject): Promise<void> {
  const held = new Set((await inside.query("SELECT number FROM number_held")).map(([number]) => String(number)));
  if (held.size === 0) return;
  const used = new Set([...textsIn(given)].filter((text) => held.has(text)));
  await inside.runMany("DELETE FROM number_held WHERE number = ?", [...used].map((number) => [number]));
}

async function nextOf(from: Pick<Inside, "query">, lease: Lease): Promise<number> {
  const value = (await from.query("SELECT value FROM number_next WHERE lease_id = ?", [lease.id]))[0]?.[0];
  return Math.max(lease.first, Number(value ?? 0));
}
