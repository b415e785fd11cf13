"""Invented enterprises, people, credit codes and numbers for the demo town.

Each generator takes a seeded `random.Random` and is a pure function of it, so that the same seed gives the same town.
"""

from collections.abc import Sequence
from random import Random
from typing import Final

MAIL_DOMAIN: Final = "demo.example"

# Trade names join one sign of each list. The lists share no sign and hold no common trade-name sign
# (no 华, 达, 鑫, 盛 ...), so that a pair reads like a firm's name without being one.
_FIRST: Final = (
    "澄:cheng 岚:lan 汀:ting 鹭:lu 黛:dai 霁:ji 屿:yu 筱:xiao 漪:yi 蘅:heng 沅:yuan 菡:han 棠:tang 砚:yan 笙:sheng "
    "翎:ling 浔:xun 岫:xiu 芷:zhi 荻:di 琅:lang 璟:jing 溯:su 檀:tan 苇:wei 澹:dan 葭:jia 樾:yue 栩:xu 湄:mei 峤:qiao "
    "溦:wei 珺:jun 琬:wan 滢:ying 旸:yang"
)
_SECOND: Final = (
    "潮:chao 禾:he 舟:zhou 谷:gu 桥:qiao 野:ye 泊:bo 塘:tang 渡:du 墨:mo 弦:xian 序:xu 拓:tuo 衡:heng 穗:sui 帆:fan "
    "槎:cha 堤:di 麦:mai 简:jian 知:zhi 尔:er 朴:pu 里:li 栖:qi 洛:luo 卓:zhuo 畴:chou 畔:pan 棹:zhao 沐:mu 莱:lai "
    "柯:ke 澍:shu 铎:duo 叙:xu"
)

# What an enterprise of the industry says it does, in both languages.
_LINES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "pan-semiconductor": (
        ("半导体", "Semiconductor"),
        ("微电子", "Microelectronics"),
        ("晶圆材料", "Wafer Materials"),
        ("半导体设备", "Semiconductor Equipment"),
        ("封装材料", "Packaging Materials"),
        ("精密陶瓷", "Precision Ceramics"),
        ("电子特气", "Electronic Gases"),
        ("光电显示", "Optoelectronics"),
    ),
    "aerospace": (
        ("航空部件", "Aviation Parts"),
        ("航天材料", "Aerospace Materials"),
        ("航空科技", "Aviation Technology"),
        ("复合材料", "Composites"),
        ("精密铸造", "Precision Casting"),
        ("无人机", "Unmanned Aircraft"),
    ),
    "life-and-health": (
        ("生物科技", "Biotechnology"),
        ("医疗器械", "Medical Devices"),
        ("生物医药", "Biopharmaceuticals"),
        ("健康科技", "Health Technology"),
        ("诊断试剂", "Diagnostics"),
        ("医用材料", "Medical Materials"),
    ),
    "electronic-information": (
        ("电子", "Electronics"),
        ("电子科技", "Electronic Technology"),
        ("磁性材料", "Magnetic Materials"),
        ("传感技术", "Sensors"),
        ("通信设备", "Communication Equipment"),
        ("线路板", "Circuit Boards"),
        ("智能控制", "Intelligent Controls"),
        ("新型元件", "Components"),
    ),
    "leather": (
        ("皮革", "Leather"),
        ("皮业", "Hides"),
        ("裘皮制品", "Fur Products"),
        ("皮革服饰", "Leather Apparel"),
    ),
    "warp-knitting": (
        ("经编", "Warp Knitting"),
        ("经编新材料", "Warp-Knitted Materials"),
        ("产业用布", "Technical Fabrics"),
        ("灯箱布", "Banner Fabrics"),
    ),
    "home-textiles": (
        ("家纺", "Home Textiles"),
        ("布艺", "Soft Furnishings"),
        ("窗帘面料", "Curtain Fabrics"),
        ("装饰布", "Decorative Fabrics"),
    ),
    "printing-and-dyeing": (
        ("印染", "Printing and Dyeing"),
        ("染整", "Dyeing and Finishing"),
        ("数码印花", "Digital Printing"),
        ("后整理", "Fabric Finishing"),
    ),
    "photovoltaics": (
        ("光伏", "Photovoltaics"),
        ("太阳能", "Solar"),
        ("光伏玻璃", "Solar Glass"),
        ("新能源", "New Energy"),
    ),
    "machinery": (
        ("机械", "Machinery"),
        ("五金制品", "Hardware"),
        ("紧固件", "Fasteners"),
        ("金属制品", "Metal Products"),
        ("表面处理", "Surface Treatment"),
    ),
    "furniture-and-coating": (
        ("家具", "Furniture"),
        ("沙发", "Sofas"),
        ("家居", "Home Living"),
        ("涂装", "Coating"),
    ),
    "packaging-and-printing": (
        ("包装", "Packaging"),
        ("印刷", "Printing"),
        ("纸制品", "Paper Products"),
        ("彩印", "Colour Printing"),
    ),
    "chemicals-and-materials": (
        ("新材料", "New Materials"),
        ("化工", "Chemicals"),
        ("高分子材料", "Polymers"),
        ("助剂", "Auxiliaries"),
    ),
    "food": (
        ("食品", "Foods"),
        ("调味品", "Seasonings"),
        ("榨菜", "Pickles"),
        ("粮油", "Grain and Oil"),
    ),
    "logistics": (
        ("物流", "Logistics"),
        ("仓储", "Warehousing"),
        ("供应链", "Supply Chain"),
        ("冷链", "Cold Chain"),
    ),
}
_OTHER_LINES: Final = (("科技", "Technology"), ("实业", "Industries"), ("制造", "Manufacturing"))

_PLACES: Final = (("海宁", "Haining"), ("海宁市", "Haining"), ("浙江", "Zhejiang"), ("嘉兴", "Jiaxing"))
_PLACE_WEIGHTS: Final = (70, 15, 10, 5)
_LIMITED: Final = ("有限公司", "Co., Ltd.")
_JOINT_STOCK: Final = ("股份有限公司", "Joint-Stock Co., Ltd.")
_JOINT_STOCK_SHARE: Final = 0.06

# Surnames with a rough weight each; those in which the surname is read otherwise than the sign (查 Zha, 单 Shan,
# 仇 Qiu, 解 Xie, 曾 Zeng) are meant to be here. 吕 and its like are spelled Lyu, as in passports.
_SURNAMES: Final = (
    "王:Wang:60 李:Li:52 张:Zhang:55 陈:Chen:62 沈:Shen:42 徐:Xu:36 朱:Zhu:36 周:Zhou:34 吴:Wu:32 许:Xu:18 "
    "陆:Lu:22 顾:Gu:16 金:Jin:20 钱:Qian:14 孙:Sun:18 杨:Yang:22 黄:Huang:20 赵:Zhao:18 俞:Yu:12 姚:Yao:12 "
    "蒋:Jiang:12 马:Ma:12 郭:Guo:8 胡:Hu:12 高:Gao:10 林:Lin:10 何:He:8 宋:Song:6 方:Fang:6 曹:Cao:8 董:Dong:6 "
    "章:Zhang:8 褚:Chu:6 查:Zha:10 祝:Zhu:10 邹:Zou:5 范:Fan:5 汤:Tang:5 倪:Ni:5 费:Fei:5 戴:Dai:4 凌:Ling:4 "
    "吕:Lyu:4 万:Wan:3 曾:Zeng:3 单:Shan:3 仇:Qiu:2 解:Xie:2 葛:Ge:3 虞:Yu:4 应:Ying:3 贝:Bei:2 欧阳:Ouyang:1 "
    "诸葛:Zhuge:1"
)
# Given names: a sign of the first list and one of the second, or one of the second alone; men's, then women's.
_GIVEN: Final = (
    (
        "建:jian 国:guo 文:wen 志:zhi 永:yong 家:jia 嘉:jia 子:zi 海:hai 春:chun 小:xiao 俊:jun 德:de 宏:hong 正:zheng "
        "云:yun 明:ming 金:jin 荣:rong 水:shui 伟:wei 浩:hao 宇:yu 泽:ze 立:li 亦:yi 一:yi 新:xin 学:xue 晓:xiao 世:shi",
        "伟:wei 强:qiang 磊:lei 军:jun 勇:yong 杰:jie 涛:tao 明:ming 超:chao 平:ping 刚:gang 华:hua 斌:bin 鹏:peng "
        "飞:fei 凯:kai 波:bo 峰:feng 林:lin 良:liang 康:kang 根:gen 东:dong 龙:long 安:an 诚:cheng 轩:xuan 远:yuan "
        "辰:chen 松:song 法:fa 祥:xiang 荣:rong 恩:en 宁:ning",
    ),
    (
        "晓:xiao 小:xiao 雨:yu 思:si 佳:jia 怡:yi 欣:xin 玉:yu 桂:gui 秀:xiu 雪:xue 梦:meng 文:wen 丽:li 美:mei "
        "海:hai 春:chun 惠:hui 淑:shu 雅:ya 若:ruo 梓:zi 诗:shi 亚:ya 月:yue 静:jing 建:jian 红:hong 嘉:jia 婷:ting",
        "芳:fang 敏:min 静:jing 丽:li 娟:juan 霞:xia 英:ying 华:hua 萍:ping 红:hong 慧:hui 琴:qin 佳:jia 怡:yi "
        "涵:han 燕:yan 莉:li 芬:fen 月:yue 兰:lan 珍:zhen 凤:feng 悦:yue 琳:lin 梅:mei 妹:mei 婷:ting 洁:jie 倩:qian "
        "瑶:yao 颖:ying 蕾:lei 安:an 凡:fan",
    ),
)
# Signs that older fonts, encodings and forms lose. They live outside the range that a naive pattern allows.
RARE_SIGNS: Final = "䶮:yan 𬬭:lun 㙦:xie 翀:chong 堃:kun 喆:zhe 昇:sheng 玥:yue"
_RARE_SHARE: Final = 0.03
_SINGLE_SHARE: Final = 0.2

# GB 32100: no I, O, S, V, Z, which are too like digits and other letters.
_CODE_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_REGISTRY_AND_REGION: Final = "91330481"

# Satellite terminals only; the first thousand blocks are left to the written cast.
_MOBILE_PREFIX: Final = "+861349001"


def enterprise_names(rng: Random, n: int, industries: Sequence[str]) -> list[tuple[str, str]]:
    """Return n pairs of Chinese and English name; the i-th is of `industries[i % len(industries)]`.

    Both names are unique within the list, and so is the trade name, also when its tones and signs are gone. An
    industry unknown here gets a general word. Raises ValueError when n is beyond the pool or no industry is given.
    """
    if n and not industries:
        raise ValueError("an enterprise needs an industry")
    names: list[tuple[str, str]] = []
    for number, (trade_zh, trade_en) in enumerate(_trade_names(rng, n)):
        line_zh, line_en = rng.choice(_LINES.get(industries[number % len(industries)], _OTHER_LINES))
        ((place_zh, place_en),) = rng.choices(_PLACES, _PLACE_WEIGHTS)
        form_zh, form_en = _JOINT_STOCK if rng.random() < _JOINT_STOCK_SHARE else _LIMITED
        names.append((f"{place_zh}{trade_zh}{line_zh}{form_zh}", f"{place_en} {trade_en} {line_en} {form_en}"))
    return names


def person_names(rng: Random, n: int) -> list[tuple[str, str]]:
    """Return n pairs of Chinese name and pinyin ("Shen Xi'an", surname first, without tones).

    The Chinese names are unique, the pinyin is not, as in life. About one in thirty holds a rare sign.
    """
    surnames = [entry.split(":") for entry in _SURNAMES.split()]
    weights = [int(weight) for _, _, weight in surnames]
    given_names = [(_signs(firsts), _signs(lasts)) for firsts, lasts in _GIVEN]
    rare = _signs(RARE_SIGNS)
    names: dict[str, str] = {}
    while len(names) < n:
        surname, surname_en, _ = rng.choices(surnames, weights)[0]
        firsts, lasts = rng.choice(given_names)
        first, last = rng.choice(firsts), rng.choice(rare if rng.random() < _RARE_SHARE else lasts)
        given = [last] if rng.random() < _SINGLE_SHARE or first == last else [first, last]
        name = surname + "".join(sign for sign, _ in given)
        names.setdefault(name, f"{surname_en} {_joined([sound for _, sound in given])}")
    return list(names.items())


def emails(names: Sequence[tuple[str, str]]) -> list[str]:
    """Return one address at the demo domain per person, such as `shen.xian.1@demo.example`.

    The number tells namesakes apart and keeps clear of the addresses of the written cast.
    """
    seen: dict[str, int] = {}
    addresses: list[str] = []
    for _, name_en in names:
        local = name_en.lower().replace("'", "").replace(" ", ".")
        seen[local] = seen.get(local, 0) + 1
        addresses.append(f"{local}.{seen[local]}@{MAIL_DOMAIN}")
    return addresses


def credit_codes(rng: Random, n: int) -> list[str]:
    """Return n unique unified social credit codes (GB 32100) of Haining enterprises, both check digits right.

    The organisation part begins with DM: registries issue parts that begin with MA, and issued digits before, so
    a code made here is well formed and nobody's. The written enterprises have DN.
    """
    codes: dict[str, None] = {}
    while len(codes) < n:
        codes[credit_code("DM" + "".join(rng.choices(_CODE_ALPHABET, k=6)))] = None
    return list(codes)


def credit_code(body: str) -> str:
    """Return the whole code of a Haining enterprise whose organisation part, without its check digit, is `body`."""
    stem = _REGISTRY_AND_REGION + body + _organisation_check(body)
    total = sum(weight * _CODE_ALPHABET.index(sign) for weight, sign in zip(_CODE_WEIGHTS, stem, strict=True))
    return stem + _CODE_ALPHABET[-total % 31]


def mobiles(rng: Random, n: int) -> list[str]:
    """Return n unique numbers, E.164, that pass for mobile ones and reach nobody's handset. Raises ValueError above 10,000.

    China reserves no numbers for fiction. 1349 was given to China Satcom for satellite terminals and was not sold
    for handsets, while libphonenumber holds it for a valid mobile number; all of ours lie in one block of it. Give
    a mobile number only to those in the demo who need one, and no channel that sends text messages.
    """
    return [f"{_MOBILE_PREFIX}{last:04d}" for last in rng.sample(range(10_000), n)]


def _trade_names(rng: Random, n: int) -> list[tuple[str, str]]:
    """Return n pairs of two signs and their spelling, no spelling twice."""
    pairs = [(first, second) for first in _signs(_FIRST) for second in _signs(_SECOND)]
    rng.shuffle(pairs)
    by_spelling: dict[str, str] = {}
    for (first, first_en), (second, second_en) in pairs:
        by_spelling.setdefault(_joined([first_en, second_en]), first + second)
    if n > len(by_spelling):
        raise ValueError(f"{n} trade names asked for, {len(by_spelling)} to be had")
    return [(name, spelling) for spelling, name in list(by_spelling.items())[:n]]


def _signs(table: str) -> list[tuple[str, str]]:
    return [(sign, sound) for sign, _, sound in (entry.partition(":") for entry in table.split())]


def _joined(sounds: Sequence[str]) -> str:
    """Join syllables as pinyin does: a capital first, an apostrophe before a later a, e or o."""
    first, *later = sounds
    return first.capitalize() + "".join(f"'{sound}" if sound[0] in "aeo" else sound for sound in later)


def _organisation_check(body: str) -> str:
    """Return the check digit of GB 11714: 11 less the weighted sum modulo 11, where 10 is X and 11 is 0."""
    total = sum(weight * int(sign, 36) for weight, sign in zip(_ORGANISATION_WEIGHTS, body, strict=True))
    return "0123456789X"[-total % 11]
