/** Photos and a voice note. */
import { AudioOutlined, CameraOutlined, CloseOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useEffect, useMemo, useRef, useState, type ChangeEvent, type ReactElement } from "react";
import { useTexts } from "~/data/device_context";
import css from "./follow_up.module.css";
import { canRecord, photoOf, recordVoice, type Enclosure, type Recording } from "./media";
import { FOLLOW_UP_TEXTS } from "./texts";

interface EnclosuresProps {
  readonly enclosures: readonly Enclosure[];
  readonly onChange: (enclosures: readonly Enclosure[]) => void;
}

export function Enclosures({ enclosures, onChange }: EnclosuresProps): ReactElement {
  const t = useTexts(FOLLOW_UP_TEXTS);
  const picker = useRef<HTMLInputElement>(null);
  const now = useRef(enclosures);
  now.current = enclosures;
  const add = (enclosure: Enclosure) => onChange([...now.current, enclosure]);
  const take = async (event: ChangeEvent<HTMLInputElement>) => {
    const files = [...(event.target.files ?? [])];
    event.target.value = "";
    const photos = await Promise.all(files.map((file) => photoOf(file, new Date())));
    onChange([...now.current, ...photos.filter(({ file }) => file.size > 0)]);
  };
  return (
    <>
      <input ref={picker} type="file" accept="image/*" capture="environment" multiple hidden aria-label={t.photo} onChange={(event) => void take(event)} />
      <Button size="large" icon={<CameraOutlined />} onClick={() => picker.current?.click()}>
        {t.photo}
      </Button>
      {canRecord() ? <VoiceButton add={add} /> : null}
      {enclosures.length === 0 ? null : (
        <ul className={css["files"]}>
          {enclosures.map((enclosure, at) => (
            <li key={`${enclosure.fileName} ${at}`}>
              <Preview enclosure={enclosure} number={at + 1} />
              <Button size="small" shape="circle" icon={<CloseOutlined />} aria-label={t.removeFile} onClick={() => onChange(enclosures.toSpliced(at, 1))} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Preview({ enclosure, number }: { readonly enclosure: Enclosure; readonly number: number }): ReactElement {
  const t = useTexts(FOLLOW_UP_TEXTS);
  const address = useMemo(() => URL.createObjectURL(enclosure.file), [enclosure.file]);
  useEffect(() => () => URL.revokeObjectURL(address), [address]);
  return enclosure.kind === "photo" ? <img src={address} alt={t.photoOf(number)} /> : <audio src={address} controls aria-label={t.voice} />;
}

function VoiceButton({ add }: { readonly add: (enclosure: Enclosure) => void }): ReactElement {
  const t = useTexts(FOLLOW_UP_TEXTS);
  const recording = useRef<Recording | null>(null);
  const [since, setSince] = useState<number | null>(null);
  const [seconds, setSeconds] = useState(0);
  const [refused, setRefused] = useState(false);
  useEffect(() => () => recording.current?.cancel(), []);
  useEffect(() => {
    if (since === null) return undefined;
    const timer = setInterval(() => setSeconds(Math.floor((performance.now() - since) / 1_000)), 250);
    return () => clearInterval(timer);
  }, [since]);
  const stop = async () => {
    const made = await recording.current?.stop();
    recording.current = null;
    setSince(null);
    setSeconds(0);
    if (made != null) add(made);
  };
  const start = () => {
    setRefused(false);
    recordVoice(() => void stop()).then(
      (begun) => {
        recording.current = begun;
        setSince(performance.now());
      },
      () => setRefused(true),
    );
  };
  return (
    <>
      <Button size="large" danger={since !== null} icon={<AudioOutlined />} onClick={() => (since === null ? start() : void stop())}>
        {since === null ? t.voice : t.stop(`${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`)}
      </Button>
      {refused ? (
        <span role="status" className={css["soft"]}>
          {t.noMicrophone}
        </span>
      ) : null}
    </>
  );
}
