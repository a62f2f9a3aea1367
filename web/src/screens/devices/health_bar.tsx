/** How the fleet stands at a glance; each count filters the list below. */
import type { ReactNode } from "react";
import { useTexts } from "~/data/device_context";
import type { DeviceHealth, DeviceState } from "./device";
import styles from "./devices.module.css";
import { TEXTS } from "./texts";

const SHOWN: readonly (readonly [DeviceState, keyof DeviceHealth, "good" | "warn" | "bad" | "soft"])[] = [
  ["HEALTHY", "healthy", "good"],
  ["BEHIND", "behind", "warn"],
  ["STUCK", "stuck", "warn"],
  ["SILENT", "silent", "bad"],
  ["UNENCRYPTED", "unencrypted", "warn"],
  ["WIPE_PENDING", "wipePending", "bad"],
  ["WIPED", "wiped", "soft"],
  ["REVOKED", "revoked", "soft"],
];

interface HealthBarProps {
  readonly health: DeviceHealth;
  readonly state: DeviceState | null;
  readonly onState: (state: DeviceState | null) => void;
}

export function HealthBar({ health, state, onState }: HealthBarProps): ReactNode {
  const t = useTexts(TEXTS);
  return (
    <div className={styles["health"]}>
      <button type="button" aria-pressed={state === null} className={styles["count"]} onClick={() => onState(null)}>
        <strong>{health.total}</strong> <span>{t.all}</span>
      </button>
      {SHOWN.map(([which, name, tone]) => (
        <button
          key={which}
          type="button"
          aria-pressed={state === which}
          title={t[`why${which}`]}
          className={styles["count"]}
          data-tone={health[name] === 0 ? "soft" : tone}
          disabled={health[name] === 0 && state !== which}
          onClick={() => onState(state === which ? null : which)}
        >
          <strong>{health[name]}</strong> <span>{t[which]}</span>
        </button>
      ))}
    </div>
  );
}
