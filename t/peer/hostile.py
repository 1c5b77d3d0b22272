"""Hostile lines for tokenizers: bytes, some of them not UTF-8, by kind and seed.

    for line in lines(seed, n): ...        # bytes without a line end of their own meaning: they may hold any byte
"""
import random
import sys
import unicodedata

SCRIPTS = [
    (0x20, 0x7E), (0xA0, 0xFF), (0x100, 0x24F), (0x250, 0x2FF), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x52F), (0x530, 0x58F), (0x590, 0x5FF),
    (0x600, 0x6FF), (0x700, 0x7BF), (0x7C0, 0x8FF), (0x900, 0x97F), (0x980, 0x9FF), (0xA00, 0xAFF), (0xB00, 0xBFF), (0xC00, 0xCFF),
    (0xD00, 0xDFF), (0xE00, 0xE7F), (0xE80, 0xEFF), (0xF00, 0xFFF), (0x1000, 0x109F), (0x10A0, 0x10FF), (0x1100, 0x11FF), (0x1200, 0x139F),
    (0x13A0, 0x13FF), (0x1400, 0x167F), (0x1680, 0x173F), (0x1780, 0x17FF), (0x1800, 0x18AF), (0x1900, 0x19FF), (0x1A00, 0x1AFF),
    (0x1B00, 0x1C7F), (0x1C80, 0x1CFF), (0x1D00, 0x1DFF), (0x1E00, 0x1EFF), (0x1F00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x20CF),
    (0x20D0, 0x20FF), (0x2100, 0x214F), (0x2150, 0x218F), (0x2190, 0x23FF), (0x2400, 0x24FF), (0x2500, 0x27BF), (0x2800, 0x2BFF),
    (0x2C00, 0x2DFF), (0x2E00, 0x2E7F), (0x2E80, 0x2FFF), (0x3000, 0x303F), (0x3040, 0x30FF), (0x3100, 0x33FF), (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF), (0xA000, 0xA4CF), (0xA4D0, 0xA6FF), (0xA700, 0xA7FF), (0xA800, 0xABFF), (0xAC00, 0xD7FF), (0xE000, 0xF8FF),
    (0xF900, 0xFAFF), (0xFB00, 0xFB4F), (0xFB50, 0xFDFF), (0xFE00, 0xFE2F), (0xFE30, 0xFE6F), (0xFE70, 0xFEFF), (0xFF00, 0xFFEF),
    (0xFFF0, 0xFFFF), (0x10000, 0x101FF), (0x10200, 0x103FF), (0x10400, 0x107FF), (0x10800, 0x10FFF), (0x11000, 0x117FF), (0x11800, 0x11FFF),
    (0x12000, 0x12FFF), (0x13000, 0x14FFF), (0x16000, 0x16FFF), (0x17000, 0x18FFF), (0x1AFF0, 0x1B2FF), (0x1BC00, 0x1BCAF),
    (0x1CF00, 0x1D1FF), (0x1D200, 0x1D3FF), (0x1D400, 0x1D7FF), (0x1D800, 0x1DFFF), (0x1E000, 0x1E8FF), (0x1E900, 0x1EEFF), (0x1F000, 0x1F2FF),
    (0x1F300, 0x1FAFF), (0x1FB00, 0x1FFFF), (0x20000, 0x2A6DF), (0x2A6E0, 0x2CEAF), (0x2CEB0, 0x2FFFF), (0x30000, 0x3FFFF), (0xE0000, 0xE01EF),
    (0xF0000, 0x10FFFF),
]
SPACES = "\t\n\v\f\r \x1c\x1d\x1e\x1f\x85\xa0\u1680\u180e" + "".join(map(chr, range(0x2000, 0x200E))) + "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
SPECIAL_CASE = "İıIiŞşǅǈǋǲßẞﬁﬂΣσςΐΰᾳᾼŉǰẖẗẘẙẚᾀÅÅKKΩΩſ\u0345ᲐაᏣꭳԱԵև\u1e9bẛ̣ǆÀàÇçÑñŐőŸÿĲĳ"
MARKS = "".join(chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) in ("Mn", "Mc", "Me"))
EMOJI = ["👩‍🚀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "🇩", "👍🏽", "1️⃣", "❤️", "☺︎", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "\u200d", "🧑🏿‍🦱", "\ufe0f", "🏻", "😀"]
WORDS = """the a of and Title is Toy Story don't we'll I'm they're you've he'd it's 'S 'LL 'Re 1999 2,000.50 C++ x=y a_b foo-bar U.S.A. e.g. ... --- "quoted" (1995) [x]
 http://example.org/?q=1&r=2 user@example.org #tag $9.99 50% naïve café Übermut Straße façade año Zürich İstanbul ΟΔΟΣ Москва ёлка тест שלום مرحبا नमस्ते
 ภาษาไทย 日本語 東京 한국어 中文 ひらがな カタカナ ﾊﾝｶｸ ＦＵＬＬ ｗｉｄｔｈ ½ ² ³ x² ™ © № ℃ Ⅷ ﷺ ㍿ ﬁne ĳs""".split()
SPECIALS = ["[MASK]", "[CLS]", "[SEP]", "[PAD]", "[UNK]", "<mask>", "<s>", "</s>", "<pad>", "<unk>", "<|endoftext|>", "<extra_id_0>", "<extra_id_1>",
            "<lr>", "<single>", "<Norm>", "NewWord", "Ünorm", "two words"]
HANGUL = [chr(c) for c in list(range(0x1100, 0x1200)) + list(range(0x3130, 0x3190)) + list(range(0xA960, 0xA980)) + list(range(0xD7B0, 0xD800))]
BAD = [b"\xff", b"\xfe", b"\xc0\x80", b"\xc3", b"\xe4\xb8", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf0\x9f\x92", b"\xf4\x90\x80\x80", b"\x80", b"\xbf\xbf",
       b"\xf8\x88\x80\x80\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xef\xbf\xbd", b"\xe2\x82", b"\xc2", b"\xf1\x80\x80", b"\xc1\xbf"]
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def char(r):
    while True:
        lo, hi = r.choice(SCRIPTS)
        c = r.randint(lo, hi)
        if not 0xD800 <= c < 0xE000:
            return chr(c)


def script_word(r):
    lo, hi = r.choice(SCRIPTS)
    return "".join(c for c in (chr(r.randint(lo, hi)) for _ in range(r.randint(1, 9))) if not 0xD800 <= ord(c) < 0xE000)


def word(r):
    k = r.random()
    if k < .35:
        return r.choice(WORDS)
    if k < .5:
        return script_word(r)
    if k < .6:
        return "".join(r.choice(LETTERS) for _ in range(r.randint(1, 14)))
    if k < .7:
        return "".join(r.choice(LETTERS + SPECIAL_CASE) for _ in range(r.randint(1, 6)))
    if k < .8:
        return "".join(r.choice(LETTERS) + "".join(r.choice(MARKS) for _ in range(r.choice([0, 1, 1, 2, 4]))) for _ in range(r.randint(1, 5)))
    if k < .86:
        return "".join(r.choice(EMOJI) for _ in range(r.randint(1, 3)))
    if k < .9:
        return "".join(r.choice(HANGUL) for _ in range(r.randint(1, 6)))
    if k < .95:
        return str(r.randint(0, 10 ** r.randint(1, 12)))
    return "".join(char(r) for _ in range(r.randint(1, 4)))


def space(r):
    return " " if r.random() < .75 else "".join(r.choice(SPACES) for _ in range(r.choice([0, 1, 1, 2, 3])))


def kind_words(r):
    return "".join(word(r) + space(r) for _ in range(r.randint(0, 14)))


def kind_chars(r):
    return "".join(char(r) for _ in range(r.randint(1, 30)))


def kind_specials(r):
    return "".join(r.choice([r.choice(SPECIALS), r.choice(SPECIALS)[:r.randint(1, 5)], word(r), space(r), r.choice(SPECIALS).upper()])
                   for _ in range(r.randint(1, 12)))


def kind_marks(r):
    return "".join(char(r) + "".join(r.choice(MARKS) for _ in range(r.choice([0, 0, 1, 2, 3, 30]))) + r.choice(["", "", " "]) for _ in range(r.randint(1, 9)))


def kind_spaces(r):
    return "".join(r.choice([r.choice(SPACES), " ", word(r), "a", "'s"]) for _ in range(r.randint(1, 20)))


def kind_control(r):
    return "".join(r.choice([chr(r.randint(0, 0x9F)), r.choice(LETTERS), char(r), " "]) for _ in range(r.randint(1, 20)))


def kind_ascii(r):
    return "".join(chr(r.randint(0x20, 0x7E)) for _ in range(r.randint(1, 60)))


def kind_long(r):
    unit = r.choice([char(r), r.choice(LETTERS), script_word(r) or "x", "ab", "é", "😀", "a\u0301", "[MASK", "'s", "1"])
    return (r.choice(["", "a ", "é"]) + unit * (r.choice([50, 99, 100, 101, 300, 3000, 10000]) // max(1, len(unit))) + r.choice(["", " b", "."]))


def kind_clusters(r):
    pool = HANGUL + list(SPECIAL_CASE) + EMOJI + ["\u0300", "\u0301", "\u0327", "\u0323", "\u200d", "\u0600", "\u0903", "\r\n", "e", "o", "\u1e9b", "\u094d", "\u0e33", "\u110bd"]
    return "".join(r.choice(pool) for _ in range(r.randint(1, 16)))


def kind_bad(r):
    parts = [r.choice([r.choice(BAD), word(r).encode(), bytes([r.randrange(256)]), b" "]) for _ in range(r.randint(1, 16))]
    return b"".join(parts)


KINDS = [kind_words] * 5 + [kind_chars, kind_specials, kind_specials, kind_marks, kind_spaces, kind_control, kind_ascii, kind_clusters, kind_bad]


def lines(seed, n):
    r = random.Random(seed)
    for i in range(n):
        s = kind_long(r) if i % 200 == 7 else r.choice(KINDS)(r)
        yield s if isinstance(s, bytes) else s.encode("utf-8", "replace")


def code_points():
    """Every code point, alone, between letters, and after a space."""
    for c in range(1, 0x110000):
        if not 0xD800 <= c < 0xE000:
            x = chr(c)
            yield ("%s a%sb A %s1" % (x, x, x)).encode()


if __name__ == "__main__":
    for line in lines(int(sys.argv[1]), int(sys.argv[2])):
        print(line.hex())
