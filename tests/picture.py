#!/usr/bin/env python3
"""picture.py COMMAND <OUTPUT >PICTURE
Draws a terminal with a command and its output as SVG. A run prints more than a picture can show, so consecutive lines
that no pattern of SHOWN matches become one line "…"."""
import re, sys, unicodedata
from xml.sax.saxutils import escape

COLUMNS, FONT, LINE, MARGIN = 104, 13, 18, 16
COLUMN = FONT * 0.6
LOG = "  │ "
SHOWN = [
    r"^Starting container", LOG + r"(Target: |Prometheus [0-9]|STEP [0-9]|> POST |< HTTP|✅ |  )", r"^(Copied|✅)",
]
COLOURS = [(r"^\$ ", "#ffffff"), (r"✅", "#7ee787"), (r"STEP [0-9]", "#79c0ff"), (r"│ +[█·]+", "#d2a8ff"), (r"^  │ …$", "#6e7681")]


def columns(text):
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def cut(text):
    if columns(text) <= COLUMNS:
        return text
    while columns(text) >= COLUMNS:
        text = text[:-1]
    return text + "…"


def shown(lines):
    for line in lines:
        if any(re.search(pattern, line) for pattern in SHOWN):
            yield cut(line)
        elif line.strip(" │"):
            yield LOG + "…"


def without_repeats(lines):
    before = None
    for line in lines:
        if line != before or not line.endswith("│ …"):
            yield line
        before = line


def text(line, number):
    colour = next((colour for pattern, colour in COLOURS if re.search(pattern, line)), "#c9d1d9")
    y = MARGIN + (number + 1) * LINE - 5
    return (f'<text x="{MARGIN}" y="{y}" fill="{colour}" textLength="{columns(line) * COLUMN:.1f}" xml:space="preserve">'
            f"{escape(line)}</text>")


def main():
    lines = ["$ " + sys.argv[1], *without_repeats(shown(sys.stdin.read().splitlines()))]
    width, height = round(2 * MARGIN + COLUMNS * COLUMN), 2 * MARGIN + len(lines) * LINE
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
          f'font-family="ui-monospace, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="{FONT}">')
    print("<!-- Made by tests/picture.sh from a real run. -->")
    print(f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>')
    for number, line in enumerate(lines):
        print(text(line, number))
    print("</svg>")


main()
