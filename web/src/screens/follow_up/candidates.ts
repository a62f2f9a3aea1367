/** Whom a follow-up is probably about: customers near by, then those one was last in touch with. */
import { useDevice } from "~/data/device_context";
import { useLive, type Live } from "~/data/hooks";
import type { Device, Row } from "~/device/api";
import { distance, type Position } from "./position";

export interface Candidate {
  readonly customer: Row;
  /** Since when one was there last; null: not known. */
  readonly metres: number | null;
  readonly lastAt: string | null;
}

const LOOKED_AT = 300;
const SHOWN = 20;
const NEAR_METRES = 2_000;

export function useCandidates(text: string, position: Position | null): Live<readonly Candidate[]> {
  const device = useDevice();
  const at = position === null ? "" : `${position.latitude} ${position.longitude}`;
  return useLive(`candidates ${text} ${at}`, ["customers", "activities"], () => candidates(device, text, position));
}

async function candidates(device: Device, text: string, position: Position | null): Promise<readonly Candidate[]> {
  if (text.trim() !== "") {
    const { rows } = await device.list({ collection: "customers", text, limit: SHOWN });
    return rows.map((customer) => ({ customer, metres: null, lastAt: null }));
  }
  const mine = [{ field: "ownerId", op: "eq" as const, value: device.me.memberId }];
  const { rows } = await device.list({ collection: "activities", where: mine, orderBy: [{ field: "happenedAt", desc: true }], limit: LOOKED_AT });
  const last = new Map<string, Candidate>();
  const ids: string[] = [];
  for (const activity of rows) {
    const id = String(activity["customerId"]);
    const metres = metresTo(activity, position);
    const before = last.get(id);
    if (before === undefined) ids.push(id);
    const nearer = before?.metres == null ? metres : metres === null ? before.metres : Math.min(metres, before.metres);
    last.set(id, { customer: activity, metres: nearer, lastAt: before?.lastAt ?? String(activity["happenedAt"]) });
  }
  const known = await device.rows("customers", ids);
  const met = known.filter((row) => row["archivedAt"] == null).map((customer) => ({ customer, metres: last.get(customer.id)?.metres ?? null, lastAt: last.get(customer.id)?.lastAt ?? null }));
  const sorted = met.toSorted((one, other) => rank(one) - rank(other) || (other.lastAt ?? "").localeCompare(one.lastAt ?? ""));
  if (sorted.length >= SHOWN) return sorted.slice(0, SHOWN);
  const more = await device.list({ collection: "customers", limit: SHOWN });
  const seen = new Set(sorted.map(({ customer }) => customer.id));
  return [...sorted, ...more.rows.filter((row) => !seen.has(row.id)).map((customer) => ({ customer, metres: null, lastAt: null }))].slice(0, SHOWN);
}

/** Those near by come first, the nearest before all. */
function rank({ metres }: Candidate): number {
  return metres !== null && metres <= NEAR_METRES ? metres - NEAR_METRES : 0;
}

function metresTo(activity: Row, position: Position | null): number | null {
  const latitude = Number(activity["latitude"] ?? NaN);
  const longitude = Number(activity["longitude"] ?? NaN);
  return position === null || Number.isNaN(latitude) || Number.isNaN(longitude) ? null : distance(position, { latitude, longitude });
}
