/** Where the note of an ordered wipe lies, and how everything of a member goes (PROTOCOL.md, 13). */
import type { Json, JsonObject } from "~/values/json";
import { eraseFolder } from "./folders";
import { eraseKept } from "./keeping";
import type { Ledger } from "./ledger";

export class WipePlace {
  /** `closeFiles`: lets go of the replica's files, if it is open. `wiped`: called when all is erased, and once more (true)
   * when the order is done with. */
  constructor(
    readonly ledger: Ledger,
    readonly account: string,
    readonly folder: string,
    readonly closeFiles: () => Promise<void>,
    readonly wiped: (done: boolean) => void,
  ) {}

  async load(): Promise<Json> {
    return (await this.ledger.wipe(this.account))?.note ?? null;
  }

  async save(note: JsonObject | null): Promise<void> {
    await this.ledger.saveWipe(this.account, note === null ? null : { note, folder: this.folder });
    if (note === null) this.wiped(true);
  }

  /** The token and the key first: from then on nobody gets in with what a kill may leave. The note stays. */
  async erase(): Promise<void> {
    await this.ledger.forget(this.account);
    await eraseKept(this.account);
    await this.closeFiles();
    await eraseFolder(this.folder);
    this.wiped(false);
  }
}
