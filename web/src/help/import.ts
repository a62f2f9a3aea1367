import type { Help } from "./topics";

export const HELP: Help = {
  title: ["导入", "Import"],
  purpose: ["把 Excel 或 CSV 里的客户、联系人、商品和期初库存一次导入。", "Brings customers, contacts, products and opening stock in from Excel or CSV."],
  steps: [
    ["上传文件，确认每一列对应哪个字段。", "Give the file and say which column is which field."],
    ["先试运行：逐行告诉您有什么问题，不写入任何数据。", "A dry run tells what is wrong, line by line, and writes nothing."],
    ["没有问题后再正式导入。", "Import when it is right."],
    ["期初库存导入后，核对每个仓库的合计与账面是否一致。", "After opening stock, see that each warehouse's total agrees with the books."],
  ],
  offline: ["需要联网。", "Needs the network."],
};
