/** Photos and voice notes as they leave the device: small, and without where and with what they were taken. */

const LONGEST_SIDE = 2_048;
const QUALITY = 0.82;
/** What recorders make, in the order in which we want it; the server takes all of them (tenants/attachment_rules.py). */
const VOICES = [
  { type: "audio/webm;codecs=opus", mediaType: "audio/webm", ending: "weba" },
  { type: "audio/mp4", mediaType: "audio/mp4", ending: "m4a" },
  { type: "audio/ogg;codecs=opus", mediaType: "audio/ogg", ending: "ogg" },
] as const;
export const LONGEST_NOTE_MS = 180_000;

export interface Enclosure {
  readonly kind: "photo" | "voice";
  readonly file: Blob;
  readonly fileName: string;
}

/** How large a picture becomes: at most 2048 pixels a side, never larger than it was. */
export function shrunkSize(width: number, height: number): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** A JPEG drawn anew, turned as it was held: nothing of the file's notes is in it. A picture that this browser cannot read
 * (HEIC) goes as it is; the server strips it. */
export async function photoOf(file: File, now: Date): Promise<Enclosure> {
  const name = `photo-${stamp(now)}`;
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return { kind: "photo", file, fileName: file.name === "" ? name : file.name };
  }
  const size = shrunkSize(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  canvas.width = size.width;
  canvas.height = size.height;
  canvas.getContext("2d")?.drawImage(picture, 0, 0, size.width, size.height);
  picture.close();
  const jpeg = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return jpeg === null ? { kind: "photo", file, fileName: file.name } : { kind: "photo", file: jpeg, fileName: `${name}.jpg` };
}

export interface Recording {
  /** Ends it; null where nothing was heard. */
  readonly stop: () => Promise<Enclosure | null>;
  readonly cancel: () => void;
}

export function canRecord(): boolean {
  return typeof MediaRecorder !== "undefined" && navigator.mediaDevices !== undefined && VOICES.some(({ type }) => MediaRecorder.isTypeSupported(type));
}

/** Raises a DOMException where the microphone may not be used. */
export async function recordVoice(onEnd: () => void): Promise<Recording> {
  const voice = VOICES.find(({ type }) => MediaRecorder.isTypeSupported(type));
  if (voice === undefined) throw new DOMException("", "NotSupportedError");
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream, { mimeType: voice.type, audioBitsPerSecond: 32_000 });
  const parts: Blob[] = [];
  recorder.ondataavailable = ({ data }) => void (data.size > 0 && parts.push(data));
  const ended = new Promise<void>((done) => {
    recorder.onstop = () => {
      for (const track of stream.getTracks()) track.stop();
      done();
    };
  });
  recorder.start(1_000);
  const timer = setTimeout(onEnd, LONGEST_NOTE_MS);
  const finish = async () => {
    clearTimeout(timer);
    if (recorder.state !== "inactive") recorder.stop();
    await ended;
  };
  return {
    stop: async () => {
      await finish();
      // The type without codecs: that is what servers know files by.
      return parts.length === 0 ? null : { kind: "voice", file: new Blob(parts, { type: voice.mediaType }), fileName: `voice-${stamp(new Date())}.${voice.ending}` };
    },
    cancel: () => void finish(),
  };
}

function stamp(at: Date): string {
  return at.toISOString().slice(0, 19).replace(/[-:T]/g, (sign) => (sign === "T" ? "-" : ""));
}
