/** Fetches pages until the replica is whole at one instant (PROTOCOL.md, 3). */
import type { Page, Standing, StoreApi } from "~/replica/store_api";
import { before } from "~/values/instants";
import type { JsonObject } from "~/values/json";
import type { Said } from "./about";
import { SyncRefused } from "./errors";
import type { FirstLoad } from "./loading";
import type { Registration } from "./registration";
import type { Transport } from "./transport";

export const PULL = "/sync/v1/pull";
const DAY_MS = 86_400_000;
const OFFERED_DAYS = 30; // what was answered longer ago nobody asks for again
const COMPARED_DAYS = 365; // the server keeps outcomes for 400 days; what it has forgotten would be done twice
const PAGE_ROWS = 1000; // a page is one transaction: a larger one would keep lists waiting

export class Pulling {
  constructor(
    readonly store: StoreApi,
    readonly transport: Transport,
    readonly registration: Registration,
    readonly firstLoad: FirstLoad,
    readonly said: Said,
    readonly pageRows: number = PAGE_ROWS,
  ) {}

  /** Until the page that completes an instant; how many rows came or went. Raises NoNetwork, SyncRefused. */
  async pull(): Promise<number> {
    let rows = await this.#load();
    for (;;) {
      const { asked, page } = await this.ask();
      if (page.header.rebase && page.header.more && asked.cursor !== null) {
        await this.store.beginAfresh({ compare: true }); // what the device has is void: files are quicker than pages
        rows = await this.#load();
        continue;
      }
      if (!(await this.store.keep(page, asked))) {
        continue;
      }
      rows = rowsOf(page) + (page.header.rebase ? 0 : rows);
      if (!page.header.more) {
        await this.#forgetBefore(page);
        return rows;
      }
    }
  }

  /** The next page, and where the replica stood when it was asked for. */
  async ask(wanted: JsonObject = {}): Promise<{ asked: Standing; page: Page }> {
    for (;;) {
      const asked = await this.registration.standing();
      try {
        return { asked, page: await this.#page(asked, wanted) };
      } catch (refused) {
        if (!(refused instanceof SyncRefused) || refused.code !== "BARRIER_INVALID" || asked.barrier === null) {
          throw refused;
        }
        // The server's keys changed: the next push, an empty one if need be, brings a state that it knows.
        await this.store.set({ barrier: [null, 0], compare: true });
      }
    }
  }

  async #page(asked: Standing, wanted: JsonObject): Promise<Page> {
    const schema = await this.store.schema();
    const request: JsonObject = {
      deviceId: asked.deviceId,
      cursor: asked.cursor,
      limit: this.pageRows,
      queued: await this.store.outbox.pendingCount(),
      ...(schema === null ? {} : { schema: schema.hash }),
      ...(asked.barrier === null ? {} : { atLeast: asked.barrier }),
      ...(await this.said()),
      ...wanted,
    };
    try {
      return await this.transport.page(PULL, request);
    } catch (refused) {
      if (!(refused instanceof SyncRefused) || refused.code !== "CURSOR_INVALID" || asked.cursor === null) {
        throw refused;
      }
      // The server's keys changed or it was restored: load afresh, the queue stays.
      return this.transport.page(PULL, { ...request, cursor: null });
    }
  }

  /** By the server's clock at both ends: the device's may be anything. While the server may stand behind us, only what it
   * would not know any more if it were not: the rest is offered to it again first. */
  async #forgetBefore(page: Page): Promise<void> {
    const days = (await this.store.get("compare")) === true ? COMPARED_DAYS : OFFERED_DAYS;
    await this.store.outbox.forgetBefore(before(page.header.serverTime, days * DAY_MS));
  }

  /** A replica without a cursor takes the files of a first load; how many rows came so. */
  async #load(): Promise<number> {
    const asked = await this.registration.standing();
    if (asked.cursor === null) {
      return (await this.firstLoad.run(asked.deviceId, await this.said())) ?? 0;
    }
    if ((await this.store.get("load")) !== null) {
      await this.firstLoad.tidy(); // a kill came between the import and this
    }
    return 0;
  }
}

/** How many rows a page brings or takes. */
export function rowsOf(page: Page): number {
  return page.sections.reduce((sum, part) => sum + part.puts.length + part.removes.length, 0);
}
