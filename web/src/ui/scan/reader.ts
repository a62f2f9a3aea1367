/** Reads codes in pictures. The reader comes with the app, as a chunk of its own: nothing is fetched from elsewhere. */
import { prepareZXingModule, readBarcodes, type ReaderOptions } from "zxing-wasm/reader";
import wasm from "zxing-wasm/reader/zxing_reader.wasm?url";

const OPTIONS: ReaderOptions = {
  formats: ["Code128", "Code39", "EAN13", "EAN8", "UPCA", "UPCE", "ITF", "QRCode", "DataMatrix"],
  tryHarder: true,
  maxNumberOfSymbols: 1,
};

let ready: Promise<unknown> | null = null;

/** Loads the reader; once. */
export function prepareReader(): Promise<unknown> {
  ready ??= prepareZXingModule({ overrides: { locateFile: (path: string, prefix: string) => (path.endsWith(".wasm") ? wasm : prefix + path) }, fireImmediately: true });
  return ready;
}

/** The code in a picture; null: none. */
export async function readCode(image: ImageData): Promise<string | null> {
  await prepareReader();
  const [found] = await readBarcodes(image, OPTIONS);
  return found !== undefined && found.isValid && found.text !== "" ? found.text : null;
}
