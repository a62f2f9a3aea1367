import type { Help } from "./topics";

export const HELP: Help = {
  title: ["自定义字段", "Custom fields"],
  purpose: ["给客户、商品等增加自己的字段，不需要程序员。", "Fields of your own for customers, products and more, without a programmer."],
  steps: [
    ["选类型：文字、数字、金额、日期、是否、选项、引用。", "Choose a type: text, number, money, date, yes/no, choice, reference."],
    ["勾选“可筛选”后可以在列表里筛选和排序。", "“Filterable” lets lists filter and sort by it."],
    ["停用的字段不再显示，数据保留。", "A retired field disappears; its data stays."],
  ],
  offline: ["定义字段需要联网；填写字段离线可用。", "Defining needs the network; filling in works offline."],
};
