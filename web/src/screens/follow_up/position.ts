/** Where somebody is, asked for and only while they want it told. */

/** Degrees, WGS 84. */
export interface Position {
  readonly latitude: number;
  readonly longitude: number;
  readonly accuracyMetres: number;
}

export type PositionTrouble = "denied" | "unavailable";

/** Rejects with a PositionTrouble. */
export function askPosition(): Promise<Position> {
  return new Promise((done, failed) => {
    if (navigator.geolocation === undefined) {
      failed("unavailable" satisfies PositionTrouble);
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => done({ latitude: coords.latitude, longitude: coords.longitude, accuracyMetres: Math.round(coords.accuracy) }),
      ({ code }) => failed((code === 1 ? "denied" : "unavailable") satisfies PositionTrouble),
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
    );
  });
}

/** Whether it was allowed before, so that nobody is asked unprepared. */
export async function mayAskPosition(): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: "geolocation" })).state === "granted";
  } catch {
    return false; // A browser that does not tell: ask when the person does.
  }
}

/** A coordinate as the wire has it: six digits are a hand's breadth. */
export function degrees(value: number): string {
  return value.toFixed(6).replace(/\.?0+$/, "");
}

const EARTH_METRES = 6_371_000;

/** Metres between two points. */
export function distance(one: Pick<Position, "latitude" | "longitude">, other: Pick<Position, "latitude" | "longitude">): number {
  const radians = (value: number) => (value * Math.PI) / 180;
  const up = radians(other.latitude - one.latitude);
  const across = radians(other.longitude - one.longitude);
  const part = Math.sin(up / 2) ** 2 + Math.cos(radians(one.latitude)) * Math.cos(radians(other.latitude)) * Math.sin(across / 2) ** 2;
  return 2 * EARTH_METRES * Math.asin(Math.sqrt(part));
}

export function metresText(metres: number): string {
  return metres < 1_000 ? `${Math.round(metres)} m` : `${(metres / 1_000).toFixed(metres < 10_000 ? 1 : 0)} km`;
}
