/** Ways to the server that fail when they are told to. */
import type { Fetch } from "~/sync/transport";

/** `down`: nothing passes. `loses`: of the answers to these paths every so-many-th is lost after the server did its work.
 * `before`: called ahead of each request; what it throws is what `fetch` throws. */
export class Network {
  down = false;
  losesEvery = 0;
  losing: (path: string) => boolean = () => true;
  /** Bytes of an answer that arrive until the line breaks, by path; once each. */
  readonly cuts: { path: string; bytes: number }[] = [];
  /** Behind the last cut nothing passes. */
  downAfterCuts = false;
  readonly sent: { method: string; path: string; range: string | null }[] = [];
  lost = 0;
  #count = 0;

  readonly fetch: Fetch = async (url, init) => {
    const path = new URL(url).pathname;
    if (this.down) {
      throw new TypeError("the network is down");
    }
    this.sent.push({ method: init.method ?? "GET", path, range: new Headers(init.headers).get("range") });
    const answer = await fetch(url, init);
    if (this.losesEvery > 0 && this.losing(path)) {
      this.#count += 1;
      if (this.#count % this.losesEvery === 0) {
        await answer.arrayBuffer();
        this.lost += 1;
        throw new TypeError("the connection was cut");
      }
    }
    const at = this.cuts.findIndex((cut) => path.startsWith(cut.path));
    const [cut] = at < 0 ? [] : this.cuts.splice(at, 1);
    this.down ||= cut !== undefined && this.cuts.length === 0 && this.downAfterCuts;
    return cut === undefined ? answer : cutAfter(answer, cut.bytes);
  };

  /** How often a door was asked. */
  asked(path: string): number {
    return this.sent.filter((request) => request.path === path).length;
  }
}

/** The same answer, whose line breaks after so many bytes. */
export function cutAfter(answer: Response, bytes: number): Response {
  const reader = answer.body?.getReader();
  let left = bytes;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || left === 0) {
        controller.error(new TypeError("the connection was cut"));
        return;
      }
      controller.enqueue(value.subarray(0, left));
      left = Math.max(0, left - value.byteLength);
    },
    async cancel() {
      await reader?.cancel();
    },
  });
  return new Response(body, { status: answer.status, headers: answer.headers });
}
