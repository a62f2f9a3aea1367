/** Turn the direction of letters round, so that `gnp.exe` looks like `exe.png`. */
const TURNING = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Hands a file to the person: the browser's own way of saving. Its type is nobody's: where a browser shows what it should
 * save, it runs nothing of it under the app's name. */
export function saveFile(file: Blob, name: string): void {
  const address = URL.createObjectURL(new Blob([file], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = plainName(name);
  link.click();
  // The browser has taken it by then; before, Safari may not have.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** A file's name as its letters stand. */
export function plainName(name: string): string {
  return name.replace(TURNING, "");
}

/** `客户-20260305-1407.csv`: nothing in a name that a file system refuses. */
export function datedName(title: string, ending: string, now = new Date()): string {
  const two = (number: number): string => String(number).padStart(2, "0");
  const stamp = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}-${two(now.getHours())}${two(now.getMinutes())}`;
  return `${title.replace(/[\\/:*?"<>|\p{Cc}]+/gu, "-")}-${stamp}.${ending}`;
}
