/** What a hand with a phone feels and hears of a scan: found, or unknown. */

let audio: AudioContext | null = null;

export function signal(found: boolean): void {
  navigator.vibrate?.(found ? 60 : [80, 60, 80]);
  try {
    audio ??= new AudioContext();
    beep(audio, found ? 1_200 : 320, audio.currentTime, found ? 0.08 : 0.25);
  } catch (silent) {
    console.info("no sound on this device", silent);
  }
}

function beep(context: AudioContext, hertz: number, at: number, seconds: number): void {
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = hertz;
  volume.gain.setValueAtTime(0.2, at);
  volume.gain.exponentialRampToValueAtTime(0.001, at + seconds);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + seconds);
}
