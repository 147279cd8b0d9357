"""Names of persons: which texts of a ledger are some, where they stand in others, and masked."""

import re
from collections.abc import Collection, Iterator

# The surnames of nearly everybody; a word of a ledger that begins with none is hardly a name.
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖萧田董潘袁蔡蒋余于杜叶程"
    "魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付傅方邹熊白孟秦邱侯江尹薛闫阎段雷龙黎史陶贺毛郝"
    "顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文樊兰殷施洪翟安颜倪温芦季俞章鲁葛申韶毕焦聂柳邢岳齐梅"
    "庄辛管祝左涂谷舒耿牟卜路詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包"
    "司柏宁柯阮桂闵解强柴华车冉房边净阴闻古穆应桑滕尚蒲郎计冷晏苟代邬蓝冼卞巫宗束鞠娄骆厉沙党蔺"
    "仇占商连臧盘胥尧楼辜佟丘匡褚祁简岑符荆鄂卓池储桓伍余诸粟沃茅浦丛农敖仲宫冀燕虞揭惠丰窦米麦"
    "晋明阙鹿初练仝巩原廉战习宿苑井栾戚姬隆皮时奚郁喻谌竺车裘印都戈谈庞巴花全平和支昝经"
)
_COMPOUND = (
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "司徒", "令狐", "夏侯",
    "端木", "百里", "东郭", "南宫", "呼延", "独孤", "完颜", "宇文", "轩辕", "长孙", "司空", "闻人",
)  # fmt: skip
_BETWEEN = re.compile(r"[^一-龥·•]+")
# Used only where the whole is no name: 张和平 is one, 张三和李四 are two.
_AND = re.compile("[与和及]")
_TITLES = re.compile(
    "(?:同志|先生|女士|主任|书记|科长|所长|站长|校长|经理|律师|警官|民警|医生|老师|师傅|大爷|大妈|阿姨|家属|"
    "等人|等|户|家)$"
)
_FOREIGN = re.compile("[一-龥]{1,10}(?:[·•][一-龥]{1,10})+")
# Names that units have masked themselves.
_MASKED = re.compile("[某*＊×]")


def names_in(text: str) -> Iterator[str]:
    """Give the names of persons in one cell of a column of names; none that is masked."""
    for part in _parts(text):
        if not _MASKED.search(part) and is_name(part):
            yield part


def is_name(text: str) -> bool:
    """Whether a text may be a person's whole name: 王建国, 欧阳建国, 阿依古丽·买买提."""
    if "·" in text or "•" in text:
        return bool(_FOREIGN.fullmatch(text))
    given = len(text) - len(_surname(text))
    return bool(_surname(text)) and 1 <= given <= 2


def _surname(text: str) -> str:
    if text[:2] in _COMPOUND and len(text) > 2:
        return text[:2]
    return text[:1] if text[:1] in _SURNAMES else ""


def _parts(text: str) -> Iterator[str]:
    for whole in filter(None, _BETWEEN.split(text)):
        plain = _TITLES.sub("", whole)
        if is_name(plain):
            yield plain
        else:
            yield from (part for one in _AND.split(plain) if (part := _TITLES.sub("", one)))


def found_names(text: str, names: Collection[str]) -> tuple[str, ...]:
    """Give those of some names (a set) that stand in a text."""
    return tuple(text[start:end] for start, end in _places(text, names))


def without_names(text: str, names: Collection[str]) -> str:
    """Mask those of some names (a set) that stand in a text: 王建国 is 王*."""
    for start, end in reversed(tuple(_places(text, names))):
        text = text[:start] + _masked_name(text[start:end]) + text[end:]
    return text


def _places(text: str, names: Collection[str]) -> Iterator[tuple[int, int]]:
    sizes = sorted({len(name) for name in names}, reverse=True)
    at = 0
    while at < len(text):
        room = len(text) - at
        size = next((one for one in sizes if one <= room and text[at : at + one] in names), 0)
        if size:
            yield at, at + size
        at += size or 1


def _masked_name(name: str) -> str:
    return f"{_surname(name) or name[:1]}*"


def mask_column(text: str) -> str:
    """
    Mask a cell of a column of names, whatever stands in it: 王建国、李四 are 王*、李*.

    What units have masked themselves stays as it is; numbers are not looked at.
    """
    return re.sub(r"[一-龥·•]+|[A-Za-z][A-Za-z .'-]+", _masked_part, text)


def _masked_part(found: re.Match[str]) -> str:
    if is_name(found[0]):
        return _masked_word(found[0])
    return re.sub("[^与和及]+", lambda piece: _masked_word(piece[0]), found[0])


def _masked_word(text: str) -> str:
    return text if _MASKED.search(text) or len(text) < 2 else _masked_name(text)
