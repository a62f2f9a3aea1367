/** Tab in a field of several choices goes to the next field. antd's own takes whatever is marked, and stays. */
import type { KeyboardEvent } from "react";

/** For `onInputKeyDown` of a Select with `mode="multiple"`. */
export function tabMovesOn(event: KeyboardEvent): void {
  if (event.key === "Tab") event.stopPropagation();
}
