"""The words that demo data is made of: a trading company in Hangzhou and those who buy from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoWords:
    """One language's words. All languages have as many of each, so that every company gets the same demo."""

    places: tuple[tuple[str, str, str], ...]  # city, region, area code
    brands: tuple[str, ...]
    industries: tuple[tuple[str, str], ...]  # industry, how names of its companies end
    roads: tuple[str, ...]
    family_names: tuple[str, ...]
    given_names: tuple[str, ...]
    titles: tuple[tuple[str, str], ...]  # title, role in decisions
    topics: tuple[tuple[str, str, str | None, str], ...]  # topic, content, objection, next step
    quotation: str  # the topic that has a budget
    tags: tuple[tuple[str, str], ...]  # name, colour
    notes: tuple[str, ...]
    products: tuple[tuple[str, str, str, str], ...]  # name, unit, specification, list price
    warehouse: str
    company: str
    person: str
    address: str


CHANNELS = ("visit", "phone", "wechat", "email", "meeting")

CHINESE = DemoWords(
    places=(
        ("杭州", "浙江", "0571"),
        ("宁波", "浙江", "0574"),
        ("绍兴", "浙江", "0575"),
        ("嘉兴", "浙江", "0573"),
        ("温州", "浙江", "0577"),
        ("上海", "上海", "021"),
        ("苏州", "江苏", "0512"),
        ("无锡", "江苏", "0510"),
        ("南京", "江苏", "025"),
        ("合肥", "安徽", "0551"),
        ("重庆", "重庆", "023"),
        ("厦门", "福建", "0592"),
    ),
    brands=(
        "恒达",
        "瑞丰",
        "金桥",
        "华锦",
        "永盛",
        "德润",
        "启明",
        "东方",
        "百联",
        "汇通",
        "鼎新",
        "长乐",
        "曾氏",
        "单家",
        "安和",
        "嘉禾",
    ),
    industries=(
        ("机械设备", "机械有限公司"),
        ("纺织服装", "纺织有限公司"),
        ("食品饮料", "食品有限公司"),
        ("建筑材料", "建材有限公司"),
        ("电子电器", "电子科技有限公司"),
        ("批发零售", "商贸有限公司"),
        ("医疗器械", "医疗器械有限公司"),
        ("物流运输", "物流有限公司"),
    ),
    roads=(
        "文三路",
        "解放路",
        "中山北路",
        "人民东路",
        "滨江大道",
        "工业园区纬二路",
        "创业路",
        "科技大道",
    ),
    family_names=tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗曾单仇解任"),
    given_names=(
        "伟",
        "芳",
        "敏",
        "静",
        "丽",
        "强",
        "磊",
        "洋",
        "艳",
        "勇",
        "晓明",
        "志远",
        "雅琴",
        "建国",
        "雨桐",
        "思远",
    ),
    titles=(
        ("采购经理", "使用者"),
        ("总经理", "决策者"),
        ("财务主管", "审批者"),
        ("行政主管", "影响者"),
        ("仓库主管", "使用者"),
    ),
    topics=(
        ("首次拜访", "介绍公司与产品线，客户对交期比较关心。", "现有供应商合作多年", "寄样品并附报价单"),
        ("报价沟通", "客户要求按年度用量报阶梯价，含运费。", "价格比同行高 5%", "重新核算阶梯价"),
        ("样品确认", "样品已签收，质检部门反馈合格。", None, "约时间谈年度框架协议"),
        ("合同条款", "账期希望由 30 天放宽到 60 天，需要评审。", "账期太短", "提交信用评审"),
        ("催收回访", "上月货款已安排付款，月底前到账。", None, "月底核对到账"),
        ("老客户回访", "满意交付质量，下季度有新增门店计划。", None, "跟进新增门店需求"),
        ("投诉处理", "两箱外包装破损，已安排补发。", "物流包装不牢", "回访补发结果"),
    ),
    quotation="报价沟通",
    tags=(
        ("重点客户", "#D4380D"),
        ("长期合作", "#389E0D"),
        ("价格敏感", "#D48806"),
        ("展会线索", "#1677FF"),
    ),
    notes=(
        "决策周期较长，需提前一个季度布局。",
        "习惯微信沟通，上午联系更容易接通。",
        "对账日为每月 25 日。",
    ),
    products=(
        ("西湖龙井（特级）", "盒", "250 克/盒", "268"),
        ("安吉白茶", "盒", "200 克/盒", "158.50"),
        ("茶具礼盒", "套", "一壶四杯", "399"),
        ("手冲咖啡豆", "袋", "454 克/袋", "86.80"),
        ("不锈钢保温壶", "个", "1.5 升", "129.90"),
        ("快递纸箱", "个", "5 号，290×170×190 毫米", "1.335"),
    ),
    warehouse="下沙示例仓",
    company="{city}{brand}{ending}",
    person="{family}{given}",
    address="{city}市{road}{number}号",
)
