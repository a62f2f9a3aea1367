import type { Help } from "./topics";

export const HELP: Help = {
  title: ["扫码", "Scan"],
  purpose: ["用手机摄像头或扫码枪查商品、做盘点。", "Finds products and counts them by camera or scanner."],
  steps: [
    ["对准条码或二维码，识别后自动打开。", "Point at a bar code or QR code; it opens by itself."],
    ["扫码枪直接扫，相当于键盘输入加回车。", "A scanner works like a keyboard with Enter."],
  ],
  offline: ["识别在本设备上完成，离线可用。", "Codes are read on this device, offline too."],
  tips: [
    ["光线暗时打开手电筒；距离 10–20 厘米最清楚。", "Use the torch in the dark; 10–20 cm is sharpest."],
  ],
};
