/** Whether the long forms run: `make soak`, or YUNFAN_SOAK=1. */
import { inject } from "vitest";

declare module "vitest" {
  export interface ProvidedContext {
    soak: boolean;
  }
}

export const SOAK: boolean = inject("soak");
