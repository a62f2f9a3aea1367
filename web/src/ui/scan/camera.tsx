/** The camera as a scanner: each label that comes into sight is told once. */
import { BulbOutlined, CloseOutlined } from "@ant-design/icons";
import { Alert, Button, Spin } from "antd";
import { useEffect, useRef, useState, type ReactElement } from "react";
import { useTexts } from "~/data/device_context";
import type { Texts } from "~/values/words";
import css from "./scan.module.css";
import { Repeats } from "./repeats";

const TEXTS = {
  denied: ["没有相机权限。请在浏览器设置中允许使用相机，或改用扫码枪、手工输入。", "The camera is not allowed. Allow it in the browser's settings, or use a scanner or type the code."],
  missing: ["没有找到相机。请用扫码枪，或手工输入编码。", "No camera found. Use a scanner, or type the code."],
  broken: ["相机无法打开。", "The camera cannot be opened."],
  torch: ["手电筒", "Torch"],
  close: ["关闭相机", "Close the camera"],
  aim: ["将条码对准框内", "Hold the code inside the frame"],
  view: ["相机画面", "Camera"],
} satisfies Texts;

const EVERY_MS = 120;
const LARGEST_SIDE = 960;

interface CameraProps {
  readonly onCode: (code: string) => void;
  readonly onClose: () => void;
}

type Trouble = "denied" | "missing" | "broken";

export function CameraScanner({ onCode, onClose }: CameraProps): ReactElement {
  const t = useTexts(TEXTS);
  const video = useRef<HTMLVideoElement>(null);
  const told = useRef(onCode);
  told.current = onCode;
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [track, setTrack] = useState<MediaStreamTrack | null>(null);
  const [lit, setLit] = useState(false);
  useEffect(() => {
    let open = true;
    let stream: MediaStream | null = null;
    const begin = async () => {
      const element = video.current;
      if (navigator.mediaDevices === undefined) throw new DOMException("", "NotFoundError");
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false });
      if (!open || element === null) return release(stream);
      element.srcObject = stream;
      setTrack(stream.getVideoTracks()[0] ?? null);
      await element.play();
      await look(element, () => open, (code) => told.current(code));
    };
    begin().catch((failed: unknown) => open && setTrouble(troubleOf(failed)));
    return () => {
      open = false;
      if (stream !== null) release(stream);
    };
  }, []);
  const light = () => {
    const next = !lit;
    // `torch` is not in the types of the platform.
    track?.applyConstraints({ advanced: [{ torch: next } as MediaTrackConstraintSet] }).then(() => setLit(next), () => setLit(false));
  };
  const hasTorch = track !== null && "torch" in (track.getCapabilities?.() ?? {});
  return (
    <div className={css["camera"]}>
      {trouble === null ? null : <Alert type="warning" showIcon title={t[trouble]} />}
      <video ref={video} className={css["video"]} muted playsInline aria-label={t.view} hidden={trouble !== null} />
      {trouble === null ? (
        <>
          {track === null ? <Spin className={css["spin"] ?? ""} /> : <div className={css["frame"]} aria-hidden />}
          <p className={css["aim"]}>{t.aim}</p>
        </>
      ) : null}
      <div className={css["tools"]}>
        {hasTorch ? <Button shape="circle" size="large" type={lit ? "primary" : "default"} icon={<BulbOutlined />} aria-label={t.torch} aria-pressed={lit} onClick={light} /> : null}
        <Button shape="circle" size="large" icon={<CloseOutlined />} aria-label={t.close} onClick={onClose} />
      </div>
    </div>
  );
}

function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function troubleOf(failed: unknown): Trouble {
  const name = failed instanceof DOMException ? failed.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  return name === "NotFoundError" || name === "OverconstrainedError" ? "missing" : "broken";
}

/** Looks at a picture every now and then, as long as the camera is open. */
async function look(element: HTMLVideoElement, isOpen: () => boolean, tell: (code: string) => void): Promise<void> {
  const { prepareReader, readCode } = await import("./reader");
  await prepareReader();
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const repeats = new Repeats();
  while (isOpen() && context !== null) {
    const scale = Math.min(1, LARGEST_SIDE / Math.max(element.videoWidth, element.videoHeight, 1));
    canvas.width = Math.round(element.videoWidth * scale);
    canvas.height = Math.round(element.videoHeight * scale);
    if (canvas.width > 0 && canvas.height > 0) {
      context.drawImage(element, 0, 0, canvas.width, canvas.height);
      const code = await readCode(context.getImageData(0, 0, canvas.width, canvas.height));
      if (code !== null && isOpen() && repeats.isNew(code, performance.now())) tell(code);
    }
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
}
