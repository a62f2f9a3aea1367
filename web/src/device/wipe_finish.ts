/** A wipe whose replica is gone already: what is left of it, and the receipt. */
import { TokenChain } from "~/sync/tokens";
import { Transport } from "~/sync/transport";
import { Wiping } from "~/sync/wiping";
import type { Language } from "~/values/words";
import type { Ledger } from "./ledger";
import type { Start } from "./shell";
import { TokenPlace } from "./token_place";
import { WipePlace } from "./wipe_place";

/** Raises DeviceWiped. */
export function finishWipe(ledger: Ledger, { key, accountKey }: Start, folder: string, language: Language): Promise<never> {
  const nothing = { get: async () => null, set: async () => undefined };
  const tokens = new TokenChain(new TokenPlace(ledger, key, accountKey), nothing);
  const transport = new Transport({ url: location.origin, tokens, language: () => language });
  const place = new WipePlace(ledger, key, folder, async () => undefined, () => undefined);
  return new Wiping(place, (path, body) => transport.send(path, body, true), () => language).finish(null);
}
