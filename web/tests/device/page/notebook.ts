/** What the browser tests drive: a tab over a worker that needs no server. */
import { type AppVersion, THIS_APP } from "~/device/app_version";
import { newAccountKey, newDeviceKey } from "~/device/sealing";
import { TabDevice } from "~/device/tab_device";
import { ME, NOTHING_KEPT } from "./me";

declare global {
  interface Window {
    openNotebook(key: string, app?: Partial<AppVersion>): Promise<TabDevice>;
  }
}

window.openNotebook = async (key, app = {}) => {
  const device = new TabDevice({
    key,
    me: ME,
    app: { ...THIS_APP, ...app },
    accountKey: (await newAccountKey(key, await newDeviceKey())).accountKey,
    kept: NOTHING_KEPT,
    newWorker: () => new Worker(new URL("./notebook_worker.ts", import.meta.url), { type: "module" }),
    language: () => "en",
    left: () => undefined,
    closed: () => undefined,
  });
  await device.ready();
  return device;
};
