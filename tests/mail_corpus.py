"""Letters as people, programs and their enemies write them, each with what is to come of it."""

import base64
import io
import quopri
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

SENDER = "heping@qh.example.cn"
SUBJECT = "=?utf-8?B?5oql6KGo?="  # 报表
DATE = "Fri, 03 Apr 2026 08:30:00 +0800"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(2000)
PDF = b"%PDF-1.7\n" + b"1 0 obj" * 200
NAME = "和平社区10月报表.xlsx"
RARE = "喆镕社区10月报表.xlsx"  # two characters of GBK that GB 2312 lacks


@dataclass(frozen=True)
class Sample:
    """One letter: its bytes, its kind or why it is not opened, and the names of what is in it."""

    name: str
    raw: bytes
    kind: str
    files: tuple[str, ...] = ()


def letter(*parts: bytes, subtype: str = "mixed", head: bytes = b"", sender: str = SENDER) -> bytes:
    """Write a letter of several parts, with more headings in front of the usual ones."""
    usual = f"From: {sender}\r\nTo: qinghe@qh.example.cn\r\nSubject: {SUBJECT}\r\nDate: {DATE}\r\n"
    return head + usual.encode() + b"MIME-Version: 1.0\r\n" + multipart(*parts, subtype=subtype)


def as_sent(raw: bytes) -> bytes:
    """End all lines as they are on the way between mail servers."""
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def multipart(*parts: bytes, subtype: str = "mixed", mark: str = "=_a") -> bytes:
    """Put parts into one, under a boundary that none of them has."""
    while any(mark.encode() in part for part in parts):
        mark += "b"
    head = f'Content-Type: multipart/{subtype}; boundary="{mark}"\r\n\r\n'.encode()
    body = b"".join(f"--{mark}\r\n".encode() + part + b"\r\n" for part in parts)
    return head + body + f"--{mark}--\r\n".encode()


def text(words: str = "报表见附件。", kind: str = "plain", charset: str = "utf-8") -> bytes:
    """Write a part of words."""
    coded = base64.encodebytes(words.encode(charset))
    return (
        f"Content-Type: text/{kind}; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    ).encode() + coded


def attached(
    data: bytes, disposition: bytes = b"", kind: bytes = XLSX.encode(), coding: str = "base64"
) -> bytes:
    """Write a part with a file; headings as bytes, since many programs write them so."""
    head = b"Content-Type: " + kind + b"\r\n"
    head += b"Content-Disposition: " + disposition + b"\r\n" if disposition else b""
    if coding == "base64":
        return head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data)
    if coding == "quoted-printable":
        coded = quopri.encodestring(data)
        return head + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + coded
    return head + b"Content-Transfer-Encoding: binary\r\n\r\n" + data


def called(name: str | bytes) -> bytes:
    """Write a disposition with a name as it is given."""
    raw = name if isinstance(name, bytes) else name.encode()
    return b'attachment; filename="' + raw + b'"'


def word(name: str, charset: str = "utf-8", coding: str = "B", label: str = "") -> str:
    """Write an encoded word."""
    data = name.encode(charset)
    if coding == "B":
        coded = base64.b64encode(data).decode()
    else:
        coded = "".join(f"={byte:02X}" for byte in data)
    return f"=?{label or charset}?{coding}?{coded}?="


def cut_words(name: str) -> str:
    """Cut a name into words in the middle of a character, as some programs do."""
    data = name.encode("gbk")
    parts = [data[at : at + 7] for at in range(0, len(data), 7)]
    return "\r\n ".join(f"=?gb2312?B?{base64.b64encode(part).decode()}?=" for part in parts)


def continued(name: str) -> bytes:
    """Write a name over several parameters (RFC 2231)."""
    parts = [quote(name[at : at + 4]) for at in range(0, len(name), 4)]
    lines = [
        f"filename*{n}*={'utf-8' + chr(39) * 2 if not n else ''}{p}" for n, p in enumerate(parts)
    ]
    return ("attachment;\r\n " + ";\r\n ".join(lines)).encode()


def tnef(files: dict[bytes, bytes]) -> bytes:
    """Write a winmail.dat as Outlook does, with names in the code page of China."""

    def field(level: int, name: int, kind: int, data: bytes) -> bytes:
        head = struct.pack("<BHHL", level, name, kind, len(data))
        return head + data + struct.pack("<H", sum(data) & 0xFFFF)

    out = struct.pack("<LH", 0x223E9F78, 1)
    out += field(1, 0x9006, 8, struct.pack("<L", 0x10000))
    out += field(1, 0x9007, 6, struct.pack("<LL", 936, 0))
    for name, data in files.items():
        out += field(2, 0x9002, 6, bytes(14))
        out += field(2, 0x8010, 1, name + b"\0")
        out += field(2, 0x800F, 6, data)
    return out


def packed(files: dict[str, bytes]) -> bytes:
    """Write a zip of files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


PICTURED = (
    text("<img src=cid:a>", "html"),
    attached(PNG, b"inline", b"image/png\r\nContent-ID: <a>"),
)


def samples(form: bytes) -> Iterator[Sample]:
    """Give all letters; `form` is a return that a unit sends."""
    for make in (names, kinds, inside, without_form, machines, bombs):
        yield from make(form)


def names(form: bytes) -> Iterator[Sample]:
    """One form under many names, written in many ways."""

    def one(name: str, disposition: bytes, wanted: str, kind: bytes = XLSX.encode()) -> Sample:
        return Sample(name, letter(text(), attached(form, disposition, kind)), "returns", (wanted,))

    yield one("plain ascii", called("report.xlsx"), "report.xlsx")
    yield one("raw utf-8", called(NAME), NAME)
    yield one("raw gbk", called(RARE.encode("gbk")), RARE)
    yield one("word utf-8", called(word(NAME)), NAME)
    yield one("word utf-8 quoted", called(word(NAME, coding="Q")), NAME)
    yield one("word gb18030", called(word(RARE, "gb18030")), RARE)
    yield one("word gbk labelled gb2312", called(word(RARE, "gbk", label="gb2312")), RARE)
    yield one("word gbk labelled gb2312 quoted", called(word(RARE, "gbk", "Q", "GB2312")), RARE)
    yield one("words cut in a character", called(cut_words(RARE)), RARE)
    yield one(
        "two words folded",
        called(word("和平社区") + "\r\n " + word("报表.xlsx")),
        "和平社区报表.xlsx",
    )
    yield one("word of an unknown charset", called(word(NAME, label="x-unknown")), NAME)
    yield one("word that is broken", called("=?utf-8?B?5oqA*?= a.xlsx"), "技 a.xlsx")
    yield one("rfc 2231 utf-8", b"attachment; filename*=utf-8''" + quote(NAME).encode(), NAME)
    yield one(
        "rfc 2231 gb2312",
        b"attachment; filename*=gb2312''" + quote(RARE.encode("gbk")).encode(),
        RARE,
    )
    yield one("rfc 2231 continued", continued(NAME * 2), NAME * 2)
    both = b"attachment; filename=\"=?x?\"; filename*=utf-8''" + quote(NAME).encode()
    yield one("rfc 2231 beside a plain one", both, NAME)
    yield one("only on the type", b"attachment", NAME, f'{XLSX}; name="{word(NAME)}"'.encode())
    yield one(
        "raw gbk on the type", b"", RARE, XLSX.encode() + b'; name="' + RARE.encode("gbk") + b'"'
    )
    yield one("without quotes", b"attachment; filename=" + word(NAME).encode(), NAME)
    yield one("path of unix", called("../../etc/passwd.xlsx"), "passwd.xlsx")
    yield one("path of windows", called("C:\\Users\\x\\a.xlsx"), "a.xlsx")
    yield one("nul and line ends", called(b"a\0b\x0b.xlsx"), "ab.xlsx")
    yield one("writing turned around", called("报\u202exslx.表.xlsx"), "报xslx.表.xlsx")
    yield one("very long", called("表" * 300 + ".xlsx"), "表" * 115 + ".xlsx")
    yield one("only dots", called(".."), "")
    yield one("no name at all", b"attachment", "")
    yield one("named like a device", called("CON.xlsx"), "CON.xlsx")
    yield one("a disk of windows, C:x.xlsx", called("C:x.xlsx"), "C:x.xlsx")
    yield one("a disk of windows, a:b.xlsx", called("a:b.xlsx"), "a:b.xlsx")
    yield one("emoji", called("📊.xlsx"), "📊.xlsx")


def kinds(form: bytes) -> Iterator[Sample]:
    """One form under types and codings that are not its own, or none."""

    def one(name: str, *parts: bytes, **more: object) -> Sample:
        return Sample(name, letter(*parts, **more), "returns", (NAME,))

    for kind in (b"application/octet-stream", b"image/jpeg", b"text/plain", b"x/y", b"nonsense"):
        part = attached(form, called(word(NAME)), kind)
        yield one(f"declared as {kind.decode()}", text(), part)
    yield one("inline", text(), attached(form, b'inline; filename="' + word(NAME).encode() + b'"'))
    for coding in ("quoted-printable", "binary"):
        yield one(f"coded {coding}", text(), attached(form, called(word(NAME)), coding=coding))
    part = attached(form, called(word(NAME)))
    yield one("beside a picture of the text", multipart(*PICTURED, subtype="related"), part)
    yield one("no text", part)
    yield one(
        "in alternatives", text(), multipart(text("<p>", "html"), part), subtype="alternative"
    )
    yield one("signed", text(), part, attached(b"x" * 99, b"", b"application/pkcs7-signature"))
    yield one("of a mailing list", text(), part, head=b"List-Id: <a.b>\r\nPrecedence: list\r\n")
    yield one("made by a machine", text(), part, head=b"Auto-Submitted: auto-generated\r\n")
    yield one("old lines", part, head=b"X-A: b\r\n")
    alone = b"From: " + SENDER.encode() + b"\r\nSubject: a\r\n" + part
    yield Sample("the letter is the file", alone, "returns", (NAME,))
    yield Sample(
        "lines end as on unix", letter(text(), part).replace(b"\r\n", b"\n"), "returns", (NAME,)
    )
    for day in ("1 Jan 2300", "1 Jan 1600", "31 Dec 9999", "1 Jan 1970", "31 Feb 2026"):
        date = f"{day} 23:59:59 -2359"
        dated = letter(text(), part).replace(DATE.encode(), date.encode())
        yield Sample(f"dated {date}", dated, "returns", (NAME,))
    cut = letter(text(), part)
    yield Sample("without its end", cut[: cut.rfind(b"--=_a")], "returns", (NAME,))


def inside(form: bytes) -> Iterator[Sample]:
    """Forms inside other things."""
    part = attached(form, called(word(NAME)))
    inner = letter(text("转发"), part)
    forwarded = b"Content-Type: message/rfc822\r\n\r\n" + inner
    yield Sample("forwarded", letter(text(), forwarded), "returns", (NAME,))
    twice = b"Content-Type: message/rfc822\r\n\r\n" + letter(text(), forwarded)
    yield Sample("forwarded twice", letter(text(), twice), "returns", (NAME,))
    file = attached(inner, called("原信.eml"), b"application/octet-stream")
    yield Sample("forwarded as a file", letter(text(), file), "returns", (NAME,))
    winmail = attached(
        tnef({NAME.encode("gbk"): form}), called("winmail.dat"), b"application/ms-tnef"
    )
    yield Sample("winmail.dat", letter(text(), winmail), "returns", (NAME,))
    other = attached(tnef({b"a.xlsx": form, b"b.pdf": PDF}), b"", b"application/octet-stream")
    yield Sample(
        "winmail.dat without a name", letter(text(), other), "returns", ("a.xlsx", "b.pdf")
    )
    broken = attached(tnef({b"a.xlsx": form})[:40], called("winmail.dat"), b"application/ms-tnef")
    yield Sample("winmail.dat that is cut", letter(text(), broken), "returns", ("winmail.dat",))
    archive = attached(packed({NAME: form}), called("全部.zip"), b"application/zip")
    yield Sample("a zip", letter(text(), archive), "returns", ("全部.zip",))
    yield Sample("two of one name", letter(text(), part, part), "returns", (NAME, NAME))
    yield Sample("with a scan of the paper", letter(text(), part, attached(PDF, called("a.pdf"))),
                 "returns", (NAME, "a.pdf"))  # fmt: skip


def without_form(_: bytes) -> Iterator[Sample]:
    """Letters of persons that hold no form."""
    yield Sample("words only", letter(text("已报，请查收")), "text")
    yield Sample(
        "words without parts", f"From: {SENDER}\r\nSubject: a\r\n\r\n已报".encode(), "text"
    )
    yield Sample("nothing at all", f"From: {SENDER}\r\n\r\n".encode(), "text")
    for host in ("https://pan.baidu.com/s/1abc", "https://mail.qq.com/cgi-bin/ftnExs_download?k=1",
                 "https://dashi.163.com/html/cloud-attachment-download/?key=1"):  # fmt: skip
        yield Sample(
            f"a link {host}", letter(text(f'<a href="{host}">超大附件</a>', "html")), "link"
        )
    yield Sample(
        "a link in gbk", letter(text("下载 http://pan.quark.cn/s/2 提取码", charset="gbk")), "link"
    )
    yield Sample(
        "a picture",
        letter(text(), attached(PNG, called("表.png"), b"image/png")),
        "picture",
        ("表.png",),
    )
    yield Sample(
        "a scan",
        letter(text(), attached(PDF, called("表.pdf"), XLSX.encode())),
        "picture",
        ("表.pdf",),
    )
    yield Sample("a picture in the text", letter(*PICTURED, subtype="related"), "picture")
    both = letter(text("https://www.alipan.com/s/1"), attached(PNG, called("a.png"), b"image/png"))
    yield Sample("a link and a picture", both, "link", ("a.png",))
    yield Sample("no letter", b"\x00\x01\x02" * 50, "letter_empty")
    yield Sample("an empty file", b"", "letter_empty")


def report(*recipients: tuple[str, str], returned: bytes = b"") -> bytes:
    """Write what a mail server reports of some recipients, with what became of each."""
    status = b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a.b\r\n"
    for address, action in recipients:
        status += f"\r\nFinal-Recipient: rfc822; {address}\r\n".encode()
        status += f"Action: {action}\r\n".encode() if action else b""
    parts = (text("投递情况"), status, *([returned] if returned else []))
    raw = letter(*parts, subtype="report", sender="MAILER-DAEMON@a.b")
    return raw.replace(b"multipart/report;", b"multipart/report; report-type=delivery-status;", 1)


def reports(_: bytes) -> Iterator[Sample]:
    """What mail servers report that is, or is not, that a letter did not arrive."""
    for action in ("delayed", "delivered", "relayed", "Expanded (a list)"):
        yield Sample(f"notice: {action}", report(("a@qh.cn", action)), "notice")
    both = report(("a@qh.cn", "delivered"), ("b@qh.cn", "failed"))
    yield Sample("bounce of one of two", both, "bounce")
    yield Sample("bounce that says no action", report(("a@qh.cn", "")), "bounce")
    yield Sample("bounce that names nobody", report(), "bounce")
    yield Sample("bounce of a name beyond ascii", report(("张三@qh.cn", "failed")), "bounce")
    head = "Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <和平@qh.cn>\r\n".encode()
    yield Sample("bounce of an id beyond ascii", report(returned=head), "bounce")


def machines(form: bytes) -> Iterator[Sample]:
    """What machines send by themselves, with our own workbook in it: never a return."""
    part = attached(form, called(word(NAME)))
    back = b"Content-Type: message/rfc822\r\n\r\n" + letter(text(), part)
    raw = report(("nobody@qh.example.cn", "failed"), returned=back)
    yield Sample("bounce as a report", raw, "bounce")
    yield from reports(form)
    yield Sample("bounce of qq", letter(text("退信"), back, sender="PostMaster@qq.com"), "bounce")
    yield Sample(
        "bounce without a sender", letter(text(), back, head=b"Return-Path: <>\r\n"), "bounce"
    )
    yield Sample(
        "receipt of reading",
        raw.replace(
            b"report-type=delivery-status", b"report-type=disposition-notification"
        ).replace(b"message/delivery-status", b"message/disposition-notification"),
        "receipt",
    )
    for head in (
        b"Auto-Submitted: auto-replied\r\n",
        b"X-Autoreply: yes\r\n",
        b"Precedence: auto_reply\r\n",
        b"Auto-Submitted: auto-replied (vacation)\r\nReturn-Path: <>\r\n",
    ):
        yield Sample(f"automatic reply {head!r}", letter(text(), part, head=head), "auto_reply")
    subject = letter(text("我在休假")).replace(SUBJECT.encode(), word("自动回复: 催报").encode())
    yield Sample("automatic reply by its subject", subject, "auto_reply")


def bombs(form: bytes) -> Iterator[Sample]:
    """Letters beyond what letters are."""
    part = attached(form, called("a.xlsx"))
    many = letter(*[attached(b"x", called("a.txt"), b"text/plain")] * 150)
    yield Sample("150 parts", many, "letter_parts")
    yield Sample("20,000 parts", letter(*[b"\r\nx"] * 20_000), "letter_parts")
    deep = part
    for depth in range(15):
        deep = multipart(deep, mark=f"=_{depth}_")
    yield Sample("15 deep", letter(deep), "letter_deep")
    for depth in range(15, 300):
        deep = (
            f"Content-Type: multipart/mixed; boundary={depth}\r\n\r\n--{depth}\r\n".encode() + deep
        )
    yield Sample("300 deep", letter(deep), "letter_deep")
    yield Sample(
        "headings of 300 KB",
        letter(part, head=b"X-A: " + b"b" * 300_000 + b"\r\n"),
        "letter_headings",
    )
    yield Sample(
        "50,000 recipients",
        letter(part, head=b"Cc: " + b"a@b.cn,\r\n " * 5_000 + b"a@b.cn\r\n"),
        "returns",
        ("a.xlsx",),
    )
    yield Sample("brackets in From", letter(part, sender="(" * 3_000), "returns", ("a.xlsx",))
    yield Sample(
        "33 MB of files",
        letter(attached(bytes(33_000_000), called("a.bin"), coding="binary")),
        "letter_decoded",
    )
