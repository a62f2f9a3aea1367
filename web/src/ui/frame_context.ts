/** What the frame around a screen gives to it. */
import { createContext, useContext, type ReactNode } from "react";

export interface Frame {
  /** What a phone's title bar carries beside the title: sync state, search. */
  readonly phoneTools: ReactNode;
  /** Says which help belongs to what is seen; `?` opens it. */
  setTopic(topic: string | null): void;
  /** null: nobody helps here. */
  readonly openHelp: (() => void) | null;
}

const ALONE: Frame = { phoneTools: null, setTopic: () => undefined, openHelp: null };

export const FrameContext = createContext<Frame>(ALONE);

/** Without a frame (a page shown by itself) everything is quiet. */
export function useFrame(): Frame {
  return useContext(FrameContext);
}
