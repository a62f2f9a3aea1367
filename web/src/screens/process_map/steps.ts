/** The closed loop, step by step: where each stands in the product, and which rows are there now. */
import type { Condition } from "~/device/api";
import type { Words } from "~/values/words";

export interface MapStep {
  readonly key: string;
  readonly words: Words;
  readonly does: Words;
  /** null: comes with every company. */
  readonly module: string | null;
  /** Where it is done; null: not part of this version. */
  readonly to: string | null;
  readonly create?: { readonly to: string; readonly words: Words; readonly permission: string };
  readonly counted?: { readonly collection: string; readonly where: readonly Condition[]; readonly words: (count: number) => Words };
}

export interface Lane {
  readonly key: string;
  readonly words: Words;
  readonly steps: readonly MapStep[];
}

const state = (value: string): Condition => ({ field: "state", op: "eq", value });

export const LANES: readonly Lane[] = [
  {
    key: "sell",
    words: ["从线索到收款", "From lead to payment"],
    steps: [
      {
        key: "lead",
        words: ["线索", "Lead"],
        does: ["收集与分配潜在客户", "Collect and hand out leads"],
        module: "crm",
        to: null,
      },
      {
        key: "customer",
        words: ["客户", "Customer"],
        does: ["建档、分配、跟进", "Files, owners, follow-ups"],
        module: "crm",
        to: "/list/customers",
        create: { to: "/new/customers", words: ["新建", "New"], permission: "party.customer.create" },
        counted: { collection: "customers", where: [], words: (n) => ["个客户", n === 1 ? "customer" : "customers"] },
      },
      {
        key: "quotation",
        words: ["报价", "Quotation"],
        does: ["草稿订单即报价", "A draft order is the quotation"],
        module: "sales",
        to: "/list/salesOrders",
        create: { to: "/orders/new", words: ["新建", "New"], permission: "sales.order.create" },
        counted: { collection: "salesOrders", where: [state("draft")], words: () => ["张草稿", "in draft"] },
      },
      {
        key: "order",
        words: ["订单", "Order"],
        does: ["确认价格与数量", "Prices and quantities confirmed"],
        module: "sales",
        to: "/list/salesOrders",
        counted: { collection: "salesOrders", where: [state("confirmed")], words: () => ["张待出库", "to deliver"] },
      },
      {
        key: "delivery",
        words: ["出库", "Delivery"],
        does: ["装箱、出库、扣库存", "Pack, deliver, move stock"],
        module: "inventory",
        to: "/list/salesOrders",
        counted: { collection: "salesOrders", where: [state("delivered")], words: () => ["张已出库", "delivered"] },
      },
      { key: "receivable", words: ["应收", "Receivable"], does: ["开票与收款", "Invoices and payments"], module: "finance", to: null },
    ],
  },
  {
    key: "stock",
    words: ["货从哪来，还剩多少", "From purchase to stock on hand"],
    steps: [
      {
        key: "product",
        words: ["商品", "Product"],
        does: ["编码、规格、价格", "Codes, specifications, prices"],
        module: null,
        to: "/list/products",
        create: { to: "/new/products", words: ["新建", "New"], permission: "catalog.product.create" },
        counted: { collection: "products", where: [], words: (n) => ["种商品", n === 1 ? "product" : "products"] },
      },
      { key: "purchase", words: ["采购", "Purchase"], does: ["询价、下单、到货", "Requests, orders, receipts"], module: "purchasing", to: null },
      {
        key: "receipt",
        words: ["入库", "Receipt"],
        does: ["登记出入库流水", "Record stock moves"],
        module: "inventory",
        to: "/list/stockMoves",
        create: { to: "/moves/new", words: ["登记", "Record"], permission: "inventory.stock_move.record" },
        counted: { collection: "stockMoves", where: [], words: (n) => ["条流水", n === 1 ? "move" : "moves"] },
      },
      {
        key: "balance",
        words: ["现存量", "On hand"],
        does: ["各仓库还剩多少", "What is left in each warehouse"],
        module: "inventory",
        to: "/list/stockBalances",
        counted: { collection: "stockBalances", where: [{ field: "negativeSince", op: "filled" }], words: () => ["项为负", "negative"] },
      },
      {
        key: "count",
        words: ["盘点", "Stock count"],
        does: ["账实核对，差异过账", "Compare with the shelves, post differences"],
        module: "inventory",
        to: "/list/stockCounts",
        create: { to: "/counts/new", words: ["开始", "Begin"], permission: "inventory.stock_count.create" },
        counted: { collection: "stockCounts", where: [state("draft")], words: () => ["张进行中", "in progress"] },
      },
    ],
  },
];
