"""How Chinese characters are read: the tables behind `values.pinyin`.

Every character's readings come from pypinyin's single-character table (Unihan, MIT licence). The tables below say what
that one cannot: which second readings are common enough in names to be searched for, which reading a word fixes,
and how a surname is read.
"""

import json
import unicodedata
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

# Characters with more than one reading that occurs in names of people, companies and places; the default comes first.
_POLYPHONES = """
重:zhong,chong 行:xing,hang 长:chang,zhang 乐:le,yue 单:dan,shan,chan 曾:ceng,zeng 都:du,dou 会:hui,kuai
厦:xia,sha 解:jie,xie 仇:chou,qiu 查:cha,zha 区:qu,ou 盖:gai,ge 朴:pu,piao 翟:zhai,di 秘:mi,bi 尉:wei,yu
六:liu,lu 堡:bao,bu,pu 蔚:wei,yu 台:tai 参:can,shen,cen 给:gei,ji 朝:chao,zhao 藏:cang,zang 宿:su,xiu 属:shu,zhu
差:cha,chai 劲:jin,jing 卜:bu,bo 了:le,liao 模:mo,mu 度:du,duo 弹:dan,tan 扎:zha,za 还:hai,huan 省:sheng,xing
折:zhe,she 降:jiang,xiang 系:xi,ji 传:chuan,zhuan 觉:jue,jiao 角:jiao,jue 的:de,di 著:zhu,zhuo 率:lv,lu,shuai
校:xiao,jiao 调:tiao,diao 塞:sai,se 便:bian,pian 什:shi,shen 称:cheng,chen 否:fou,pi 露:lu,lou 阿:a,e 泊:bo,po
盛:sheng,cheng 薄:bo,bao 臭:chou,xiu 没:mei,mo 剥:bo,bao 畜:chu,xu 纤:xian,qian 壳:ke,qiao 仔:zai,zi 贾:jia,gu
柏:bai,bo,bo 圈:quan,juan 卡:ka,qia 陆:lu,liu 削:xue,xiao 刨:bao,pao 吁:yu,xu 屏:ping,bing 拓:tuo,ta
澄:cheng,deng 和:he,huo 地:di,de 得:de,dei 种:zhong,chong 数:shu,shuo 石:shi,dan 车:che,ju 大:da,dai
强:qiang,jiang 奇:qi,ji 几:ji 亭:ting 尾:wei,yi 番:fan,pan 埔:pu,bu 圳:zhen 浦:pu 蚌:beng,bang 亳:bo 涡:wo,guo
枞:zong,cong 铅:qian,yan 丽:li 洞:dong,tong 筠:yun,jun 莘:shen,xin 郯:tan 侯:hou 濮:pu 荥:xing,ying 浚:jun,xun
渑:mian,sheng 汤:tang,shang 番:pan,fan 茄:qie,jia 涌:yong,chong 覃:qin,tan 洗:xi,xian 缪:miao,mou 晟:sheng,cheng
召:zhao,shao 员:yuan,yun 过:guo 应:ying 宁:ning 燕:yan 葛:ge 尹:yin 牟:mu,mou 隗:wei,kui 郇:xun,huan 祭:ji,zhai
能:neng,nai 繁:fan,po 逄:pang 眭:sui 芮:rui 万:wan,mo 俟:si,qi 令:ling 佛:fo,fu 伽:jia,qie,ga 脉:mai,mo 舍:she
血:xue,xie 熟:shu,shou 色:se,shai 绿:lv,lu 吕:lv,lu 女:nv,nu 旅:lv,lu 律:lv,lu 铝:lv,lu 驴:lv,lu 履:lv,lu
虑:lv,lu 屡:lv,lu 缕:lv,lu 侣:lv,lu 闾:lv,lu 氯:lv,lu 滤:lv,lu 略:lve,lue 掠:lve,lue 似:si,shi 勒:le,lei
咽:yan,ye 埋:mai,man 殷:yin,yan 余:yu 于:yu 巷:xiang,hang 颉:jie,xie 逯:lu 逮:dai 炅:jiong,gui 晁:chao 适:shi
邪:xie,ye 冯:feng,ping 纶:lun,guan 吓:xia,he 嚼:jiao,jue 蔓:man,wan 裳:shang,chang 暴:bao,pu 散:san 干:gan
中:zhong 发:fa 华:hua 任:ren 相:xiang 间:jian 空:kong 创:chuang 量:liang 当:dang 载:zai 转:zhuan 倒:dao
"""

# A word fixes the reading of its characters.
_PHRASES = """
重庆:chong,qing 重阳:chong,yang 重九:chong,jiu 重光:chong,guang 重组:chong,zu 重启:chong,qi 九重:jiu,chong
银行:yin,hang 商行:shang,hang 车行:che,hang 行业:hang,ye 行情:hang,qing 洋行:yang,hang 同行:tong,hang
支行:zhi,hang 分行:fen,hang 总行:zong,hang 央行:yang,hang 工行:gong,hang 农行:nong,hang 建行:jian,hang
招行:zhao,hang 交行:jiao,hang 会长:hui,zhang 董事长:dong,shi,zhang 成长:cheng,zhang 校长:xiao,zhang
家长:jia,zhang 市长:shi,zhang 店长:dian,zhang 厂长:chang,zhang 长孙:zhang,sun 增长:zeng,zhang 生长:sheng,zhang
会计:kuai,ji 会稽:kuai,ji 大厦:da,sha 广厦:guang,sha 华厦:hua,sha 音乐:yin,yue 乐器:yue,qi 乐团:yue,tuan
乐队:yue,dui 乐坊:yue,fang 国乐:guo,yue 民乐:min,yue 乐清:yue,qing 朝阳:chao,yang 朝鲜:chao,xian 西藏:xi,zang
藏族:zang,zu 藏药:zang,yao 藏医:zang,yi 六安:lu,an 六合:lu,he 台州:tai,zhou 蔚县:yu,xian 单县:shan,xian
单于:chan,yu 空调:kong,tiao 调度:diao,du 调研:diao,yan 调查:diao,cha 调拨:diao,bo 传记:zhuan,ji 自传:zi,zhuan
星宿:xing,xiu 家属:jia,shu 解县:xie,xian 尉迟:yu,chi 万俟:mo,qi 令狐:ling,hu 单氏:shan,shi 番禺:pan,yu
大夫:dai,fu 吐蕃:tu,bo 阿胶:e,jiao 东阿:dong,e 阿房:e,pang 堡子:pu,zi 十里堡:shi,li,pu 车马:ju,ma 学校:xue,xiao
校对:jiao,dui 校准:jiao,zhun 便宜:pian,yi 人参:ren,shen 海参:hai,shen 党参:dang,shen 参茸:shen,rong 高参:gao,can
供给:gong,ji 给水:ji,shui 补给:bu,ji 边塞:bian,sai 淡泊:dan,bo 湖泊:hu,po 血泊:xue,po 水泊:shui,po 效率:xiao,lv
利率:li,lv 税率:shui,lv 率先:shuai,xian 统率:tong,shuai 畜牧:xu,mu 畜产:xu,chan 牧畜:mu,xu 薄荷:bo,he
外壳:wai,ke 地壳:di,qiao 柏林:bo,lin 黄柏:huang,bo 卡口:qia,kou 海关卡:hai,guan,qia 削皮:xiao,pi 拓片:ta,pian
种子:zhong,zi 数码:shu,ma 强大:qiang,da 洪洞:hong,tong 铅山:yan,shan 涡阳:guo,yang 枞阳:zong,yang 蚌埠:beng,bu
大埔:da,bu 黄埔:huang,pu 高要:gao,yao 东莞:dong,guan 莘县:shen,xian 莘庄:xin,zhuang 浚县:xun,xian 荥阳:xing,yang
荥经:ying,jing 勒流:le,liu 佛山:fo,shan 仿佛:fang,fu 咽喉:yan,hou 殷红:yan,hong 角色:jue,se 主角:zhu,jue
觉得:jue,de 模具:mu,ju 模板:mu,ban 模样:mu,yang 还款:huan,kuan 还原:huan,yuan 归还:gui,huan 联系:lian,xi
弹簧:tan,huang 弹性:tan,xing 差旅:chai,lv 出差:chu,chai 包扎:bao,za 折本:she,ben 反省:fan,xing 的士:di,shi
目的:mu,di 标的:biao,di 称职:chen,zhi 对称:dui,chen 尾巴:wei,ba 番茄:fan,qie 番薯:fan,shu 茄克:jia,ke
暖和:nuan,huo 都市:du,shi 首都:shou,du 成都:cheng,du
"""

# A character that is read otherwise when it is a family name.
_SURNAMES = """
单:shan 仇:qiu 解:xie 曾:zeng 查:zha 区:ou 盖:ge 朴:piao 翟:zhai 秘:bi 尉:wei 乐:yue 召:shao 员:yun 缪:miao
种:chong 折:she 洗:xian 覃:qin 晟:cheng 繁:po 能:nai 祭:zhai 石:shi 车:che 贾:jia 卜:bu 柏:bai 参:shen 强:qiang
薄:bo 陆:lu 都:du 褚:chu 那:na 句:gou 冼:xian 纪:ji 盛:sheng 藏:zang 重:chong 适:kuo 令:ling 哈:ha 訾:zi 牟:mu
隗:wei 吕:lv 尹:yin
"""

_TONES = {"\u0304": "1", "\u0301": "2", "\u030c": "3", "\u0300": "4"}  # macron, acute, caron, grave
_DIAERESIS = "\u0308"


def _parse(table: str) -> dict[str, tuple[str, ...]]:
    entries = (entry.split(":") for entry in table.split())
    return {key: tuple(dict.fromkeys(readings.split(","))) for key, readings in entries}


POLYPHONES = _parse(_POLYPHONES)
PHRASES = _parse(_PHRASES)
SURNAMES = {character: readings[0] for character, readings in _parse(_SURNAMES).items()}


def _numbered(reading: str) -> str:
    """'lǚ' → 'lv3', 'de' → 'de5'; '' for a reading without vowel letters such as 'ḿ'."""
    tone, letters = "5", ""
    for mark in unicodedata.normalize("NFD", reading):
        if mark in _TONES:
            tone = _TONES[mark]
        elif mark == _DIAERESIS:
            letters = letters[:-1] + "v"
        elif "a" <= mark <= "z":
            letters += mark
    return letters + tone if any(vowel in letters for vowel in "aeiouv") else ""


@lru_cache(maxsize=1)
def _source() -> dict[str, str]:
    """pypinyin's table {decimal code point: 'zhòng,chóng,tóng'}.

    The file is read by itself: importing the package would also load its phrases (40 MB that are not needed here).
    """
    spec = find_spec("pypinyin")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pypinyin is a dependency of this product; install it")
    path = Path(spec.origin).with_name("pinyin_dict.json")
    table: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return table


@lru_cache(maxsize=16_384)
def numbered_readings(character: str) -> tuple[str, ...]:
    """All readings of one character with tone digits, the default first: 重 → ('zhong4', 'chong2', 'tong2').

    ü is written v. A character without a reading gives ().
    """
    raw = _source().get(str(ord(character)), "")
    readings = tuple(dict.fromkeys(filter(None, map(_numbered, raw.split(",")))))
    preferred = POLYPHONES.get(character)
    if preferred is None:
        return readings
    return tuple(sorted(readings, key=lambda reading: reading[:-1] != preferred[0]))


@lru_cache(maxsize=16_384)
def with_tone(character: str, syllable: str) -> str:
    """The syllable with the tone that this character has when read so: ('重', 'chong') → 'chong2'."""
    return next((reading for reading in numbered_readings(character) if reading[:-1] == syllable), syllable + "5")


@lru_cache(maxsize=16_384)
def search_readings(character: str) -> tuple[str, ...]:
    """The readings under which people look for a character, without tones, the default first: 吕 → ('lv', 'lu')."""
    common = POLYPHONES.get(character)
    if common is not None:
        return common
    readings = numbered_readings(character)
    if not readings:
        return ()
    syllable = readings[0][:-1]
    return (syllable, syllable.replace("v", "u")) if "v" in syllable else (syllable,)
