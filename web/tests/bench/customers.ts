/** Customers as a company has them: the texts of their rows, the same ones for the same number. */
import { idNumber } from "../replica/world";

const CITIES = ["上海", "重庆", "厦门", "台州", "番禺", "长沙", "乐清", "六安", "杭州", "成都"];
const WORDS = ["云帆", "青山", "晨光", "宏达", "瑞丰", "恒信", "长乐", "金盛", "华强", "曾记", "银河", "博远"];
const TRADES = ["科技", "贸易", "制造", "食品", "建材", "物流", "电子", "医药"];
const LEVELS = ["a", "b", "c", "d"];

export function customerName(number: number): string {
  const pick = (list: readonly string[], by: number) => list[Math.floor(number / by) % list.length] ?? "";
  return `${pick(CITIES, 1)}${pick(WORDS, 10)}${pick(TRADES, 120)}${number}有限公司`;
}

export function customerText(number: number, version = 1): string {
  // Made one after the other, as their ids are; changed long after.
  const at = new Date(Date.UTC(2025, 0, version * 300 - 299) + number * 200_000).toISOString().replace("Z", "000Z");
  return JSON.stringify({
    id: idNumber(number), version, name: customerName(number), code: `KH-${String(number).padStart(6, "0")}`, parentId: null, level: LEVELS[number % 4],
    source: "referral", industry: TRADES[number % 8], region: CITIES[number % 10], address: `${CITIES[number % 10]}市中山路${number % 900}号`,
    phone: `138${String(number * 37).padStart(8, "0").slice(-8)}`, email: `c${number}@example.com`, website: null, creditGrade: null,
    creditLimitMinor: (number % 50) * 10_000, creditCurrency: "CNY", tagIds: [], notes: null, ownerId: idNumber(number % 40, 9), custom: { a: number % 7 },
    archivedAt: number % 50 === 0 ? at : null, archivedById: null, erasedAt: null, createdAt: at, createdById: idNumber(number % 40, 9), updatedAt: at, updatedById: null,
  });
}
