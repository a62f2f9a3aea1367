/** What a camera sees that is held over a label: a film with a QR code, for Chromium's camera that is none. */
import qrcode from "qrcode-generator";

const [WIDTH, HEIGHT, CODE] = [640, 480, 300];
const [LIGHT, DARK, GREY] = [235, 16, 128];
const FRAMES = 5;

/** YUV4MPEG2. `text`: what stands in the code. */
export function filmOf(text: string): Buffer {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  const cell = Math.floor(CODE / count);
  const [left, top] = [(WIDTH - cell * count) >> 1, (HEIGHT - cell * count) >> 1];
  const light = Buffer.alloc(WIDTH * HEIGHT, LIGHT);
  for (let row = 0; row < cell * count; row++) {
    for (let column = 0; column < count; column++) {
      if (!code.isDark(Math.floor(row / cell), column)) continue;
      const from = (top + row) * WIDTH + left + column * cell;
      light.fill(DARK, from, from + cell);
    }
  }
  const frame = Buffer.concat([Buffer.from("FRAME\n"), light, Buffer.alloc((WIDTH * HEIGHT) / 2, GREY)]);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420\n`), ...Array.from({ length: FRAMES }, () => frame)]);
}
