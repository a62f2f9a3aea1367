/** Hands a file to the person: the browser's own way of saving. */
export function saveFile(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken it by then; before, Safari may not have.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** `客户-20260305-1407.csv`: nothing in a name that a file system refuses. */
export function datedName(title: string, ending: string, now = new Date()): string {
  const two = (number: number): string => String(number).padStart(2, "0");
  const stamp = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}-${two(now.getHours())}${two(now.getMinutes())}`;
  return `${title.replace(/[\\/:*?"<>|\p{Cc}]+/gu, "-")}-${stamp}.${ending}`;
}
