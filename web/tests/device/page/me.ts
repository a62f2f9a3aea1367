import type { KeptHere, Me } from "~/device/api";

export const ME: Me = { memberId: "m", memberName: "M", tenantId: "t", tenantName: "T", orgCode: "o", language: "en", permissions: [], access: null };

export const NOTHING_KEPT: KeptHere = { read: async () => null, write: async () => undefined, under: async () => new Map() };
