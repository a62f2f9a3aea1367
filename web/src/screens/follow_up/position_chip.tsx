/** The position: asked for by a tap, shown, and gone with another one. It goes along with later follow-ups only when that is ticked. */
import { CloseOutlined, EnvironmentOutlined } from "@ant-design/icons";
import { Button, Checkbox } from "antd";
import { useState, type ReactElement } from "react";
import { useTexts } from "~/data/device_context";
import type { AlwaysLocated } from "./always_located";
import css from "./follow_up.module.css";
import { askPosition, degrees, type Position, type PositionTrouble } from "./position";
import { FOLLOW_UP_TEXTS } from "./texts";

interface PositionChipProps {
  readonly position: Position | null;
  readonly onChange: (position: Position | null) => void;
  readonly always: AlwaysLocated;
}

export function PositionChip({ position, onChange, always }: PositionChipProps): ReactElement {
  const t = useTexts(FOLLOW_UP_TEXTS);
  const [asking, setAsking] = useState(false);
  const [trouble, setTrouble] = useState<PositionTrouble | null>(null);
  const ask = () => {
    setAsking(true);
    setTrouble(null);
    askPosition()
      .then(onChange, (failed: PositionTrouble) => setTrouble(failed))
      .finally(() => setAsking(false));
  };
  if (position !== null) {
    return (
      <span className={css["located"]}>
        <EnvironmentOutlined aria-hidden />
        <span>
          {t.located(position.accuracyMetres)}
          <small>
            {degrees(position.latitude)}, {degrees(position.longitude)}
          </small>
        </span>
        <Checkbox checked={always.on} onChange={(event) => {
            always.set(event.target.checked);
            onChange(position); // what is attached to this one stays
          }}>
          {t.locateAlways}
        </Checkbox>
        <Button type="text" icon={<CloseOutlined />} aria-label={t.unlocate} title={t.unlocate} onClick={() => onChange(null)} />
      </span>
    );
  }
  return (
    <>
      <Button size="large" icon={<EnvironmentOutlined />} loading={asking} onClick={ask}>
        {asking ? t.locating : t.locate}
      </Button>
      {trouble === null ? null : (
        <span role="status" className={css["soft"]}>
          {t[trouble]}
        </span>
      )}
    </>
  );
}
