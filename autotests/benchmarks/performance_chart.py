# SPDX-License-Identifier: MIT
"""The chart of docs/performance.svg: a bar for each row, drawn so that all goals are one line."""
from xml.sax.saxutils import escape

WIDTH = 880
LABELS = 24
BARS = 366
GOAL = 186  # pixels from nothing to the goal
LONGEST = 2.0  # goals; what is longer is cut, and looks so
ROW = 40
BAR = 16

STYLE = """
  text { font-family: system-ui, -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; fill: #1f2328 }
  .head { font-size: 15px; font-weight: 600 }
  .what { font-size: 13px }
  .against, .goal, .note { font-size: 11.5px; fill: #59636e }
  .value { font-size: 13px; font-weight: 600 }
  .track { fill: #818b98; fill-opacity: .13 }
  .met { fill: #0969da }
  .missed { fill: #bc4c00 }
  .line { stroke: #1f2328; stroke-width: 1.5; stroke-dasharray: 4 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .against, .goal, .note { fill: #9198a1 }
    .met { fill: #4493f8 }
    .missed { fill: #f0883e }
    .line { stroke: #e6edf3 }
  }
"""

PANELS = [
    ("at least", "More is better: the bar should reach the line"),
    ("at most", "Less is better: the bar should end before the line"),
]


def shown(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def text(kind, x, y, content, anchor="start"):
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(content)}</text>'


def bar(row, y):
    of_ratio = row["goal_of"] == "ratio"
    value = row["ratio"] if of_ratio else row["ours"]
    unit = "×" if of_ratio else row["unit"]
    share = value / row["goal"]
    length = max(2.0, min(share, LONGEST) * GOAL)
    kind = "met" if row["holds"] else "missed"
    sign = "≤" if row["goal_is"] == "at most" else "≥"
    top, bottom, end = y + 4, y + 4 + BAR, BARS + length
    if share > LONGEST:  # a torn end
        path = f"M{BARS} {top}H{end}l-6 {BAR / 4:g}l6 {BAR / 4:g}l-6 {BAR / 4:g}l6 {BAR / 4:g}H{BARS}z"
    else:
        path = f"M{BARS} {top}H{end:.1f}V{bottom}H{BARS}z"
    right = BARS + LONGEST * GOAL + 12
    against = f"against {row['against']}" if of_ratio else f"{row['against']}: {shown(row['reference'])} {unit}"
    return [
        text("what", LABELS, y + 11, row["what"]),
        text("against", LABELS, y + 26, against),
        f'<rect class="track" x="{BARS}" y="{top}" width="{LONGEST * GOAL:g}" height="{BAR}"/>',
        f'<path class="{kind}" d="{path}"/>',
        text("value", right, y + 11, f"{shown(value)} {unit}"),
        text("goal", right, y + 26, f"goal {sign} {row['goal']:g}"),
    ]


def panel(rows, title, y):
    parts = [text("head", LABELS, y, title), text("goal", BARS + GOAL, y + 1, "goal", "middle")]
    bottom = y + 14 + ROW * len(rows)
    for index, row in enumerate(rows):
        parts += bar(row, y + 14 + ROW * index)
    parts.append(f'<line class="line" x1="{BARS + GOAL}" x2="{BARS + GOAL}" y1="{y + 8}" y2="{bottom - 8}"/>')
    return parts, bottom + 34


def chart(rows):
    with_goal = [row for row in rows.values() if "goal" in row]
    parts, y = [], 30
    for bound, title in PANELS:
        chosen = [row for row in with_goal if row["goal_is"] == bound]
        if chosen:
            drawn, y = panel(chosen, title, y)
            parts += drawn
    parts.append(text("note", LABELS, y - 12,
                      "Each bar is drawn to the scale of its own goal; a torn end is beyond twice the goal. "
                      "Blue: the goal is met, orange: it is not."))
    described = "; ".join(f"{row['what']}, against {row['against']}: {shown(row['ratio'])} times" for row in with_goal)
    body = "\n".join(parts)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" '
            'role="img">\n'
            f"<title>QtPrefork's benchmark, each row against its goal</title>\n<desc>{escape(described)}</desc>\n"
            f"<style>{STYLE}</style>\n{body}\n</svg>\n")
