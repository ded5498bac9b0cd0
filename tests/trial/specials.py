"""Documents that a proof can easily refuse by mistake; each is built in every edition and format.

Each is the body of an article, or a whole article if it begins with front matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.trial.projects import SHORT, front_matter


@dataclass(frozen=True)
class Special:
    """A document, and the further files of its project."""

    body: str
    files: dict[str, str] = field(default_factory=dict)
    faces: bool = False
    """It needs the face with Hebrew and Arabic letters."""
    digit: str = ""
    """Its content hash must begin with this: another version is tried until it does."""

    def article(self, version: str = "1") -> str:
        """Return the whole article."""
        whole = self.body.startswith("---")
        return self.body if whole else front_matter("8-DOSE", version) + self.body


def _table(rows: list[list[str]]) -> str:
    """Return the Markdown of a table; the first row is its head."""
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


_DIGITS = _table([["Score", "Points"], *([str(n), str(n + 1)] for n in range(0, 9, 2))])
_DOSES = """\
Take the number of drops that is in this table, each day at the same time.

| Day | Dose | Dose | Dose | Dose | Dose |
|---|---|---|---|---|---|
| 1 | 71 | 57 | 3 | 43 | 6 |
| 2 | 16 | 1 | 15 | 21 | 3 |
| 3 | 0 | 79 | 256 | 29 | 72 |
| 4 | 8 | 6 | 259 | 369 | 157 |
| 5 | 29 | 270 | 1 | 353 | 4 |

Ask your clinician before you change anything in this plan of doses.
"""
_STRUCK = """\
A <del></del> b <s> </s> ~~c~~, ~~d **e** *f* g~~, and <del>h <s>i</s> j</del>.

~~A [link](https://example.org/a) in it~~, ~~a note[^1] in it~~, and <del>a<br/>break</del>.

- ~~one~~

| ~~Day~~ | Dose |
|---|---|
| ~~5~~ 6 | ~~$x^2$~~ |

## ~~Old~~ new ⚠

~~⚠ 5 mg~~

[^1]: ~~This~~ that.
"""
_FENCES = """\
## One

- first
- ```
  dose = 5


  ```
- third

## Two

1. ```
   step
   ```

   after

Ticks: `left``right``
"""
_LISTS = """\
## Steps {#steps}

3. three
4. four
    1. one

        Words in the item.

        - 1
        - 2

    2. two

- 1
- 5-10
    - 5-10
        - 1
    - 1
- 1

Dose
: 5 mg

    Take it at night.

Day
: 1
: 2

> 1
>
> - a
> - 1
"""
_CELLS = """\
<table><thead><tr><th>1</th><th>Steps</th></tr></thead>
<tbody><tr><td>1</td><td><ul><li>1</li><li>2</li></ul></td></tr>
<tr><td>2</td><td><p>2</p><ol start="3"><li>3</li><li>4</li></ol></td></tr>
<tr><td rowspan="2">1</td><td>5-10</td></tr><tr><td>1</td></tr></tbody></table>

After it.
"""
_NOTES = """\
## Notes {#notes-here}

One[^a] and two[^b], and one again[^a]. 1

| Day[^b] | 1[^c] |
|---|---|
| 1 | 2[^c] |

[^a]: 1
[^b]: Count from noon.

    1
[^c]: 5-10 drops.

## More {#more}

A last one[^d].

[^d]: 1
"""
_WORDS = "\n\n".join(
    [
        "well-known side-effects in follow-up visits of long-term patients " * 12,
        "anti\u00addepres\u00adsants with\u00adout obses\u00adsive-com\u00adpul\u00adsive habits "
        * 12,
        "Pneumonoultramicroscopicsilicovolcanoconiosis" * 6,
        f"https://example.org/{'a-long-address/' * 12}1-2-3",
        "Take 5-10 drops, 2.5-5 mg, or 1 000 000 units at \u22125 \u00b0C.",
        "5\u00a0-\u00a010, 5 - 10.",
    ]
)
_AMONG = """\
## Tea טוב {#tea}

Say “טוב” or (טוב); take 5 טוב. Café טוב (see page 2), then “טוב” 12.

See [טוב](#water) (3 of 4), **טוב** [2/3], *then* טוב: 5 mg (12–14). طوب ‘طوب’ < 5.

- **טוב**: 2 mg.
- المريض (5 mg), 3 < 4.

| טוב | (b) |
|---|---|
| 1. | טוב! |

## Water {#water}

See [water](#tea), [tea](#tea), [@sec:last], and [@sec:end].

## Last טוב {#sec:last}

Yes.

## טוב {#sec:end}

No.
"""
_HEBREW = front_matter("8-HE", "1", "he") + (
    "## מינון 5 מ״ג {#dose}\n\n"
    "לקחת Ketamine 5 mg בכל יום, 2 טיפות (10%) בשעה 8:30, ולא יותר מ-20.\n\n"
    "| יום | Dose |\n|---|---|\n| 1 | 5-10 mg |\n| 2 | שלוש טיפות |\n| 1 | 5-10 mg |\n\n"
    "- נקודה ראשונה\n- Second, נקודה 2\n- 1\n\n"
    + "לקום בכל יום באותה שעה עם Vitamin B12 או 25 mg של משהו אחר. " * 8
    + "\n"
)
_ARABIC = front_matter("8-AR", "1", "ar") + (
    "## الجرعة 5 mg {#dose}\n\n"
    "خذ Ketamine 5 mg كل يوم، قطرتان (10%) في الساعة 8:30.\n\n"
    "| يوم | Dose |\n|---|---|\n| 1 | 5-10 mg |\n| 2 | ثلاث قطرات |\n| 1 | 5-10 mg |\n\n"
    "- النقطة الأولى\n- Second, النقطة 2\n- 1\n\n"
    + "استيقظ كل يوم في الساعة نفسها مع Vitamin B12 او 25 mg من شيء اخر. " * 8
    + "\n"
)


def _notice(lang: str, title: str, short: str, body: str) -> dict[str, str]:
    """Return the file of the notice `general` in another language."""
    head = f"id: general\ntitle: {title}\nplace: [opening, every-page]\nshort: {short}\n"
    return {f"source/disclaimers/general.{lang}.md": f"---\n{head}---\n\n{body}\n"}


_IN_HEBREW = _notice("he", "על הדף הזה", "לא ייעוץ רפואי.", "זה אינו ייעוץ אישי, 24/7.")
_IN_ARABIC = _notice("ar", "عن هذه الورقة", "ليست نصيحة طبية.", "هذه ليست نصيحة شخصية، 24/7.")
_REPEATED = "Some words that go on and on. " * 30
_FOOT = f"{SHORT}\n\n{SHORT} Published January 2, 2026 · 8-DOSE · 1\n\n"
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 80" width="300" height="80">'
    '<g font-family="Atkinson Hyperlegible Next" font-size="16">'
    '<text x="10" y="20">1</text><text x="60" y="20">5-10 mg</text>'
    '<text x="10" y="50">Day 1</text></g></svg>'
)

_SIGNS = """\
## Doses in numbers {#numbers}

Take 5-10 drops, 2.5\u20135 mg, or 1 000 000 units at \u22125 \u00b0C. Leave 2 5 ml out[^a].

| Day | Range | Change |
|---|---|---|
| 1 | 5-10 | \u22123 |
| 2 | 10\u201320 | 2 500 |
| 3 | 5-10 | -1 |

3. Third step
4. Fourth step, see [the numbers](#numbers)
    1. A step in it
    2. Another step in it

Dose
: 5-10 mg at night

Pause
: 2 500 minutes

> Ask before you stop.

```
dose = 5-10
```

[^a]: Count from noon, 12-14 hours.
"""
SIGNS = Special(_SIGNS)
"""Numbers, lists, and all kinds of blocks, on one page."""

SPECIALS = {
    "signs": SIGNS,
    "a table of doses": Special(f"## Your doses\n\n{_DOSES}"),
    "code in lists": Special(_FENCES),
    "code in code": Special("<blockquote><pre>a <code>b</code> c</pre></blockquote>\n"),
    "deleted text": Special(_STRUCK),
    "emoji in headers": Special(
        front_matter("8-DOSE", "1").replace("title: Dose", "title: 📞 Dose") + "## ⚠️ Take 💊\n\n"
        "| Drug 💊 | Time ⏰[^a] | $x^2$ |\n|---|---|---|\n| A | 5 | 6 |\n\n[^a]: A 💊.\n"
    ),
    "a sheet that is a table": Special(
        front_matter("1", "1") + _DIGITS + "| a | b |\n| c | d |\n| e | f |\n"
    ),
    "scores": Special(f"## Scores\n\n{_DIGITS}\nAdd your points. Ask what the sum means.\n"),
    "a long table": Special(
        _table([["1", "Dose"], *([str(n % 10), f"{n}-{n + 5}"] for n in range(120))])
    ),
    "repeated paragraphs": Special(f"{_REPEATED}\n\n" * 9 + "A line of it.\n\n" * 60),
    "one letter each": Special("\n\n".join("abcabcaab1122121" * 9)),
    "text like the footer": Special(f"{_FOOT}1 of 3\n\n2 of 3\n\n" * 25 + "1 of 1\n\n1\n"),
    **{
        f"a hash that begins with {digit}": Special(
            _table([["Day", digit], *([digit, f"{digit}{n}"] for n in range(9)), [digit, digit]])
            + f"\n{digit}\n\n- {digit}\n- {digit}\n\n{digit} of 1\n",
            digit=digit,
        )
        for digit in "1478"
    },
    "lists": Special(_LISTS),
    "lists in cells": Special(_CELLS),
    "notes": Special(_NOTES),
    "hyphens and long words": Special(_WORDS),
    "a drawing": Special(
        '1\n\n![Days and doses: 1, 5-10 mg.](d.svg "1")\n\n5-10 mg\n\nDay 1\n',
        {"source/d.svg": _SVG},
    ),
    "Hebrew": Special(_HEBREW, _IN_HEBREW, faces=True),
    "Arabic": Special(_ARABIC, _IN_ARABIC, faces=True),
    "Hebrew and Arabic in English": Special(_AMONG, faces=True),
}
