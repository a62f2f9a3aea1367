/** Wipes that were asked for and have no receipt: the last moment to call one off. */
import { usePages } from "~/data/asking";
import { useDevice, useTexts } from "~/data/device_context";
import type { Source, Waiting } from "./source";
import { TEXTS } from "./texts";

export const wipes: Source = {
  key: "wipes",
  permission: "tenants.device.wipe",
  useTitle: () => useTexts(TEXTS).wipes,
  useFound: () => {
    const t = useTexts(TEXTS);
    const device = useDevice();
    const devices = usePages("Devices", { first: 50, states: ["WIPE_PENDING"] }, (answer) => answer.devices);
    const waiting = devices.data?.map(
      (found): Waiting => ({
        id: found.id,
        called: found.name,
        title: found.name,
        detail: [found.member?.name, found.wipeReason, found.wipeState === "REQUESTED" || found.wipeState === "DELIVERED" ? t[`wipe${found.wipeState}`] : null].filter(Boolean).join(" · "),
        since: found.wipeRequestedAt,
        path: "/settings/devices",
        decisions: found.wipeState === "REQUESTED" ? ["cancel"] : [],
      }),
    );
    return {
      waiting,
      total: devices.total ?? 0,
      error: devices.error,
      decisions: [
        {
          key: "cancel",
          label: t.cancelWipe,
          ask: t.cancelAsk,
          consequence: t.cancelWhat,
          run: async (chosen) => {
            try {
              for (const one of chosen) await device.ask("CancelWipe", { input: { id: one.id } });
            } finally {
              await devices.reload();
            }
          },
        },
      ],
    };
  },
};
