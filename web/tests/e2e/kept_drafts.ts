/** What a device keeps of what was typed and not saved. */
import { expect, type Page } from "@playwright/test";

/** Until the device keeps so many drafts of this kind. */
export async function drafts(page: Page, key: string, many: number): Promise<void> {
  const count = () =>
    page.evaluate(async (prefix) => {
      const names = (await indexedDB.databases()).map(({ name }) => name ?? "").filter((name) => name.startsWith("yunfan-kept-"));
      const keys = names.map(
        (name) =>
          new Promise<readonly IDBValidKey[]>((done) => {
            const opening = indexedDB.open(name);
            opening.onsuccess = () => {
              const asking = opening.result.transaction("kept").objectStore("kept").getAllKeys();
              asking.onsuccess = () => (opening.result.close(), done(asking.result));
            };
          }),
      );
      return (await Promise.all(keys)).flat().filter((found) => String(found).startsWith(prefix)).length;
    }, `draft ${key}`);
  await expect.poll(count).toBe(many);
}
