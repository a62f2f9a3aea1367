/** What this member may see and do, and the company's own fields: kept once per device, true for every component. */
import { useCallback, useSyncExternalStore } from "react";
import type { Device, MemberSchema, Row } from "~/device/api";
import { useDevice } from "./device_context";

export interface Definitions {
  /** null: not known yet, or this device was never in touch with the server. */
  readonly schema: MemberSchema | null;
  /** Of all entities, archived ones too, in their order. */
  readonly customFields: readonly Row[];
  readonly known: boolean;
}

const NOTHING: Definitions = { schema: null, customFields: [], known: false };
const MOST = 5_000;

class DefinitionStore {
  now: Definitions = NOTHING;
  private readonly heard = new Set<() => void>();
  private asked = 0;

  constructor(private readonly device: Device) {
    device.onChange(["customFields"], () => this.load());
    // A pull may bring another schema without a row.
    let online = device.status().lastContactAt;
    device.onStatus((status) => {
      if (status.lastContactAt === online && this.now.schema !== null) return;
      online = status.lastContactAt;
      this.load();
    });
    this.load();
  }

  readonly listen = (heard: () => void) => {
    this.heard.add(heard);
    return () => void this.heard.delete(heard);
  };

  private load(): void {
    const mine = ++this.asked;
    Promise.all([this.device.schema(), this.customFields()]).then(
      ([schema, customFields]) => mine === this.asked && this.set({ schema, customFields, known: true }),
      // Screens say themselves what they cannot read; the next change asks again.
      () => undefined,
    );
  }

  private async customFields(): Promise<readonly Row[]> {
    const found = await this.device.list({ collection: "customFields", archived: "all", orderBy: [{ field: "createdAt" }], limit: MOST });
    return [...found.rows].sort((one, other) => Number(one["position"]) - Number(other["position"]));
  }

  /** Keeps the former object where nothing changed, so that nothing is drawn again. */
  private set(found: Definitions): void {
    const before = this.now;
    const sameSchema = before.schema?.hash === found.schema?.hash;
    const sameFields = JSON.stringify(before.customFields) === JSON.stringify(found.customFields);
    if (before.known && sameSchema && sameFields) return;
    this.now = { schema: sameSchema ? before.schema : found.schema, customFields: sameFields ? before.customFields : found.customFields, known: true };
    for (const heard of this.heard) heard();
  }
}

const stores = new WeakMap<Device, DefinitionStore>();

export function useDefinitions(): Definitions {
  const device = useDevice();
  const store = stores.get(device) ?? new DefinitionStore(device);
  stores.set(device, store);
  return useSyncExternalStore(store.listen, useCallback(() => store.now, [store]));
}
