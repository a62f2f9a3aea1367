/** What the company's books say: the currency that new documents stand in, the zone by which days are told apart. */
import { useDevice } from "./device_context";

export interface CompanyBooks {
  readonly currency: string;
  /** IANA; undefined: not heard yet, then the reader's clock counts. */
  readonly zone: string | undefined;
}

/** Of a company whose books this device has not heard of yet. */
const FIRST_CURRENCY = "CNY";

export function useCompanyBooks(): CompanyBooks {
  const { access } = useDevice().me;
  return { currency: access?.baseCurrency ?? FIRST_CURRENCY, zone: access?.timeZone };
}
