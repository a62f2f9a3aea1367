import { expect, test } from "vitest";
import { Repeats } from "~/ui/scan/repeats";
import { WedgeDetector } from "~/ui/scan/wedge";

function typed(text: string, gap: number, options: { readonly code?: (letter: string) => string; readonly key?: string; readonly detector?: WedgeDetector; readonly from?: number } = {}): string | null {
  const detector = options.detector ?? new WedgeDetector();
  let at = options.from ?? 1_000;
  let told: string | null = null;
  for (const letter of text) told = detector.feed({ key: options.key ?? letter, code: options.code?.(letter) ?? "", at: (at += gap) }) ?? told;
  return detector.feed({ key: "Enter", code: "Enter", at: at + gap }) ?? told;
}

test("people are no scanners: slow letters, short bursts, a late Enter", () => {
  expect(typed("6901234567892", 90)).toBeNull();
  expect(typed("123", 5)).toBeNull();
  const detector = new WedgeDetector();
  let at = 0;
  for (const letter of "12345678") detector.feed({ key: letter, code: "", at: (at += 5) });
  expect(detector.feed({ key: "Enter", code: "Enter", at: at + 400 })).toBeNull();
});

test("a burst that ends with Enter is a code, once", () => {
  const detector = new WedgeDetector();
  expect(typed("6901234567892", 8, { detector })).toBe("6901234567892");
  expect(detector.feed({ key: "Enter", code: "Enter", at: 5_000 })).toBeNull();
});

test("what a person typed before is not part of it", () => {
  const detector = new WedgeDetector();
  detector.feed({ key: "a", code: "KeyA", at: 100 });
  detector.feed({ key: "b", code: "KeyB", at: 300 });
  expect(typed("ABC-123", 10, { detector })).toBe("ABC-123");
});

test("other keys break a burst; Shift, which scanners hold for capitals, does not", () => {
  const detector = new WedgeDetector();
  let at = 0;
  for (const key of ["A", "B", "ArrowLeft", "1", "2", "3"]) detector.feed({ key, code: "", at: (at += 5) });
  expect(detector.feed({ key: "Enter", code: "Enter", at: at + 5 })).toBeNull();
  for (const key of ["Shift", "A", "Shift", "B", "1", "2"]) detector.feed({ key, code: "", at: (at += 5) });
  expect(detector.feed({ key: "Enter", code: "Enter", at: at + 5 })).toBe("AB12");
});

test("with an input method on, keys are known by their place; full-width letters are the same", () => {
  const code = (letter: string) => (/\d/.test(letter) ? `Digit${letter}` : letter === "-" ? "Minus" : `Key${letter.toUpperCase()}`);
  expect(typed("sku-0042", 6, { key: "Process", code })).toBe("sku-0042");
  expect(typed("１２３４５", 6)).toBe("12345");
});

test("a label in sight is one label; it counts again after it was gone", () => {
  const repeats = new Repeats();
  expect([repeats.isNew("a", 0), repeats.isNew("a", 120), repeats.isNew("a", 240)]).toEqual([true, false, false]);
  expect(repeats.isNew("a", 1_500)).toBe(true);
  expect([repeats.isNew("b", 1_600), repeats.isNew("a", 1_700)]).toEqual([true, true]);
});
