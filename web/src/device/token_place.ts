/** Where the session token lies: sealed with the account's key, in the ledger. Only the worker reads it. */
import type { Ledger } from "./ledger";
import { seal, unseal } from "./sealing";

export class TokenPlace {
  #accountKey: CryptoKey | null;

  constructor(
    readonly ledger: Ledger,
    readonly account: string,
    accountKey: CryptoKey | null,
  ) {
    this.#accountKey = accountKey;
  }

  /** After a sign-in that could not open the former lock. */
  useKey(accountKey: CryptoKey): void {
    this.#accountKey = accountKey;
  }

  /** "": there is none, or not for this key. */
  async load(): Promise<string> {
    const sealed = await this.ledger.token(this.account);
    if (sealed === null || this.#accountKey === null) return "";
    const content = await unseal(this.#accountKey, sealed, `${this.account}/token`);
    return content === null ? "" : new TextDecoder().decode(content);
  }

  async save(token: string): Promise<void> {
    if (token === "") return this.ledger.saveToken(this.account, null);
    if (this.#accountKey === null) throw new Error("a token came for an account that is locked");
    await this.ledger.saveToken(this.account, await seal(this.#accountKey, new TextEncoder().encode(token), `${this.account}/token`));
  }
}
