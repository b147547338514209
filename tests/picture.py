#!/usr/bin/env python3
"""picture.py COMMAND <SCREEN >PICTURE
Draws a terminal with a command, the lines of SHOWN and one progress bar as SVG. SCREEN is what the client has written to
a terminal."""
import re, sys, unicodedata
from xml.sax.saxutils import escape

COLUMNS, FONT, LINE, MARGIN = 104, 13, 18, 16
COLUMN = FONT * 0.6
CHECK = "✅"
SHOWN = [r"^Starting container", r"✅"]
COLOURS = [(r"^\$ ", "#ffffff"), (CHECK, "#7ee787"), (r"[━─]", "#d2a8ff")]


def columns(text):
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def cut(text):
    if columns(text) <= COLUMNS:
        return text
    while columns(text) >= COLUMNS:
        text = text[:-1]
    return text + "…"


def shown(screen):
    """The lines that stay, with the bar of a half-done copy before the copy's own line."""
    bars = [bar for bar in re.findall(r"([^\r\n]*)\r\x1b\[J", screen) if "━" in bar and "─" in bar]
    bar = min(bars, key=lambda bar: abs(bar.count("━") - 2 * bar.count("─")))
    for line in re.sub(r"[^\n]*\r\x1b\[J", "", screen).splitlines():
        if line.startswith("Copied"):
            yield cut(bar)
        if any(re.search(pattern, line) for pattern in SHOWN):
            yield cut(line)


def text(line, number):
    colour = next((colour for pattern, colour in COLOURS if re.search(pattern, line)), "#c9d1d9")
    y = MARGIN + (number + 1) * LINE - 5
    # A font may lack the check mark.
    before, check, _ = line.partition(CHECK)
    x = MARGIN + columns(before) * COLUMN
    path = f'<path d="M{x + 2:.1f} {y - 4} l4 4 l7 -9" fill="none" stroke="{colour}" stroke-width="2"/>' if check else ""
    return (f'{path}<text x="{MARGIN}" y="{y}" fill="{colour}" textLength="{columns(line) * COLUMN:.1f}" '
            f'xml:space="preserve">{escape(line.replace(CHECK, "  "))}</text>')


def main():
    lines = ["$ " + sys.argv[1], *shown(sys.stdin.read())]
    width, height = round(2 * MARGIN + COLUMNS * COLUMN), 2 * MARGIN + len(lines) * LINE
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
          f'font-family="ui-monospace, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="{FONT}">')
    print("<!-- Made by tests/picture.sh from a real run. -->")
    print(f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>')
    for number, line in enumerate(lines):
        print(text(line, number))
    print("</svg>")


main()
