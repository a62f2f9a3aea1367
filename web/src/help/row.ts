import type { Help } from "./topics";

export const HELP: Help = {
  title: ["详情", "Details"],
  purpose: ["一条记录的全部内容、附件和修改历史。", "Everything about one row, with its files and its history."],
  steps: [
    ["点“编辑”修改；改动先保存在本设备。", "“Edit” changes it; changes are saved on this device first."],
    ["历史里可以看到谁在什么时候改了什么。", "The history says who changed what, and when."],
    ["附件可以拖进来，手机上可以直接拍照。", "Drop files here, or take a photo on a phone."],
  ],
  offline: ["内容离线可看可改；完整的修改历史需要联网。", "The content can be read and changed offline; the full history needs the network."],
};
