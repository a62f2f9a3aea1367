/** Paths that are the server's own: the app never answers a navigation to them, and development hands them on. */
export const SERVER_PATHS = [
  "/graphql",
  "/sync",
  "/downloads",
  "/health",
  "/metrics",
  "/pages",
  "/ops/status",
  "/accept-invitation",
  "/verify-email",
  "/reset-password",
  "/forgot-password",
  "/settings/sessions",
] as const;

/** Whether the server answers this path itself: one of the list, or something below it. */
export function isServerPath(pathname: string): boolean {
  return SERVER_PATHS.some((path) => pathname === path || pathname.startsWith(`${path}/`));
}
