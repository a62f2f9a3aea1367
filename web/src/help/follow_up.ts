import type { Help } from "./topics";

export const HELP: Help = {
  title: ["写跟进", "Log a follow-up"],
  purpose: ["三步记下一次沟通：选客户、写内容、保存。", "Notes a talk in three taps: customer, content, save."],
  steps: [
    ["可以附上当前位置、照片和语音。", "Add the position, photos or a voice note."],
    ["填了“下一步”和时间，到期会出现在待办里。", "With a next step and its time it appears in the to-dos when due."],
  ],
  offline: ["完全离线可用；照片和语音先存在本设备，联网后上传。", "Works fully offline; photos and voice notes wait on this device and go up later."],
  tips: [
    ["浏览器第一次会询问定位、相机或麦克风的权限，允许后即可使用。", "The browser asks once for position, camera or microphone."],
  ],
};
