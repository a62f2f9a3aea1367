/** Lives, or looks at what was left, over files that only a worker can have. */
import { openOpfs } from "~/replica/sqlite_wasm";
import { leftOn, type Left, type Life, live } from "./lives";

onmessage = ({ data }: MessageEvent<{ readonly directory: string; readonly left: number | null }>) => {
  openOpfs(data.directory)
    .then((driver): Promise<Left | Life> => (data.left === null ? leftOn(driver) : live(driver, data.left)))
    .then(
      (found) => postMessage({ found }),
      (wrong: unknown) => postMessage({ wrong: String(wrong) }),
    );
};
