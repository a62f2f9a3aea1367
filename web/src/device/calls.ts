/** What a tab asks of the worker, by the names that the worker knows (`answering.ts`). */
import type { JsonObject } from "~/values/json";
import type { Group, GroupQuery, ListQuery, ListResult, MemberSchema, Mutated, NewFile, RefusedFile, Row, SearchHit } from "./api";

export abstract class Calls {
  protected abstract call<T>(method: string, ...args: readonly unknown[]): Promise<T>;
  /** A call that nobody waits for. */
  protected abstract post(method: string, ...args: readonly unknown[]): void;

  schema(): Promise<MemberSchema | null> {
    return this.call("schema");
  }

  list(query: ListQuery): Promise<ListResult> {
    return this.call("list", query);
  }

  row(collection: string, id: string): Promise<Row | null> {
    return this.call("row", collection, id);
  }

  rows(collection: string, ids: readonly string[]): Promise<readonly Row[]> {
    return this.call("rows", collection, ids);
  }

  groups(query: GroupQuery): Promise<readonly Group[]> {
    return this.call("groups", query);
  }

  search(text: string, collections?: readonly string[], limit?: number): Promise<readonly SearchHit[]> {
    return this.call("search", text, collections, limit);
  }

  inbox(): Promise<readonly Row[]> {
    return this.call("inbox");
  }

  mutate(command: string, args: JsonObject, key: string = crypto.randomUUID()): Promise<Mutated> {
    return this.call("mutate", command, args, key);
  }

  mutateAll(calls: readonly { readonly command: string; readonly args: JsonObject }[], key: string = crypto.randomUUID()): Promise<readonly Mutated[]> {
    return this.call("mutateAll", calls, key);
  }

  takeNumber(series: string): Promise<string | null> {
    return this.call("takeNumber", series);
  }

  attach(file: NewFile, key: string = crypto.randomUUID()): Promise<Mutated> {
    return this.call("attach", file, key);
  }

  refusedFiles(): Promise<readonly RefusedFile[]> {
    return this.call("refusedFiles");
  }

  open(attachmentId: string): Promise<Blob> {
    return this.call("open", attachmentId);
  }

  download(path: string): Promise<Blob> {
    return this.call("download", path);
  }

  ask<T>(operation: string, variables: JsonObject = {}): Promise<T> {
    // The key lets a question that changes something be sent again when the worker went before it answered.
    return this.call("ask", operation, variables, crypto.randomUUID());
  }

  sync(): Promise<void> {
    return this.call("sync");
  }

  /** Asks the server how long the member may stay without it. Raises NoNetwork, Refused. */
  contact(): Promise<void> {
    return this.call("contact");
  }

  /** The browser was asked to keep what lies here: the worker looks what it said. */
  storageAsked(): void {
    this.post("storageAsked");
  }

  /** After a sign-in: the worker goes on with the token that lies in the ledger, under this key. */
  adoptToken(accountKey: CryptoKey): Promise<void> {
    return this.call("adoptToken", accountKey);
  }
}
