/** The sign of the product: a sail over a wave. */
import type { ReactNode } from "react";

export function Sail({ size = 24 }: { readonly size?: number }): ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d="M12.6 2.2c4.6 3.6 6.9 8.1 7 13.6l-7 .9z" fill="var(--yf-accent-ink)" />
      <path d="M11 5.4v11.5l-6.8.9C4.6 12.8 6.9 8.5 11 5.4z" fill="var(--yf-accent-ink)" opacity=".6" />
      <path d="M3 20.2c2.2-1.6 4.3-1.6 6.3-.2 2 1.4 4 1.4 6 0 1.9-1.3 3.8-1.3 5.7.1" fill="none" stroke="var(--yf-accent-ink)" strokeWidth="1.6" strokeLinecap="round" />
    </svg>
  );
}
