"""`figure.png`: draws with Matplotlib a figure in the Plotly JSON that `@policybook/views` writes.

It draws the subset that is the schema in `packages/views/src/plotly-figure.ts`: what is added there must be
added here.
"""

from __future__ import annotations

import base64
import io
import math
import re
from html import unescape
from typing import Any, cast

import matplotlib

matplotlib.use("agg")

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from policybook.protocol.messages import FigurePngParams, FigurePngResult
from policybook.worker.job import Job

DOTS_PER_INCH = 100
MARGIN_PIXELS = (76, 16, 46, 60)
"""The margins to the left, right, bottom and top of the plot."""

LETTER_PIXELS, HANDLE_PIXELS, ROW_PIXELS = 6.4, 44, 19
"""The legend's measures: a letter's mean width, a line's handle with its gaps, a row's height."""

SYMBOLS = {
    "circle": "o",
    "circle-open": "o",
    "diamond": "D",
    "diamond-open": "D",
    "triangle-down": "v",
    "x-thin": "x",
    "cross-thin": "+",
}
DASHES = {"solid": "-", "dash": (0, (5, 4)), "dot": (0, (1, 2))}
STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "path.simplify": True,
}

Color = str | tuple[float, float, float, float]


def run(params: FigurePngParams, job: Job) -> FigurePngResult:  # noqa: ARG001 - every method is called alike
    """Returns the picture, `width` by `height` pixels, in base 64."""
    # Plotly lets a figure have any part: the parts that are drawn are looked up by name.
    figure = cast("dict[str, Any]", params["figure"])
    size = (params["width"] / DOTS_PER_INCH, params["height"] / DOTS_PER_INCH)
    with matplotlib.rc_context(STYLE):
        canvas = Figure(figsize=size, dpi=DOTS_PER_INCH, facecolor="white")
        layout = figure["layout"]
        columns, rows = _estimate_legend(figure["data"], params["width"])
        frame = _place_frame(params["width"], params["height"], rows)
        plots = {"y": canvas.add_axes(_place_plot(frame, layout.get("yaxis", {})))}
        if "yaxis2" in layout:
            plots["y2"] = canvas.add_axes(_place_plot(frame, layout["yaxis2"]))
        _draw_title(plots["y"], layout, rows)
        for name, axes in plots.items():
            _draw_axes(axes, layout, name)
        for number, trace in enumerate(figure["data"]):
            _draw_trace(plots[trace.get("yaxis", "y")], trace, number)
        _draw_notes(plots["y"], layout)
        for axes in plots.values():
            _draw_legend(axes, columns)
        buffer = io.BytesIO()
        canvas.savefig(buffer, format="png")
    return {"png": base64.b64encode(buffer.getvalue()).decode()}


def _estimate_legend(traces: list[dict[str, Any]], width: int) -> tuple[int, int]:
    """Returns the columns and rows of the legend.

    They are estimated: to measure texts takes as long as to draw them.
    """
    names = [_strip_tags(trace.get("name")) for trace in traces if trace.get("showlegend", True)]
    if not names:
        return 1, 1
    entry = LETTER_PIXELS * max(map(len, names)) + HANDLE_PIXELS
    columns = max(1, min(len(names), 6, int((width - MARGIN_PIXELS[0]) / entry)))
    return columns, math.ceil(len(names) / columns)


def _place_frame(width: int, height: int, rows: int) -> tuple[float, float, float, float]:
    """Returns the plot's place in the picture, under a legend of so many rows."""
    edges = (*MARGIN_PIXELS[:3], MARGIN_PIXELS[3] + (rows - 1) * ROW_PIXELS)
    left, right, bottom, top = (
        edge / size for edge, size in zip(edges, (width, width, height, height), strict=True)
    )
    return (left, bottom, 1 - left - right, 1 - bottom - top)


def _place_plot(
    frame: tuple[float, float, float, float], axis: dict[str, Any]
) -> tuple[float, float, float, float]:
    """Returns the part of the frame that a plot with this y axis takes."""
    left, bottom, width, height = frame
    low, high = axis.get("domain", (0, 1))
    return (left, bottom + low * height, width, (high - low) * height)


def _draw_title(axes: Axes, layout: dict[str, Any], rows: int) -> None:
    title = _strip_tags(layout.get("title"))
    if title:
        pad = 26 + (rows - 1) * ROW_PIXELS * 72 / DOTS_PER_INCH
        axes.set_title(title, loc="left", fontsize=11, fontweight="bold", color="#333a42", pad=pad)


def _draw_axes(axes: Axes, layout: dict[str, Any], name: str) -> None:
    across, upwards = layout.get("xaxis", {}), layout.get(name.replace("y", "yaxis"), {})
    if across.get("anchor", "y") == name:
        axes.set_xlabel(_strip_tags(across.get("title")), color="#555d66")
    axes.set_ylabel(_strip_tags(upwards.get("title")), color="#555d66")
    if upwards.get("type") == "log":
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
    if "range" in across:
        axes.set_xlim(*across["range"])
    if "range" in upwards:
        is_logarithmic = upwards.get("type") == "log"
        axes.set_ylim(*(10**edge if is_logarithmic else edge for edge in upwards["range"]))
    grid = upwards.get("gridcolor", "rgba(128, 134, 142, 0.22)")
    axes.grid(True, axis="y", color=parse_color(grid), linewidth=0.8)
    low, high = across.get("range", (0, 1))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=high - low > 5))
    axes.tick_params(colors="#555d66", length=3, labelbottom=across.get("anchor", "y") == name)
    for spine in axes.spines.values():
        spine.set_color("#aab1b9")


def _draw_trace(axes: Axes, trace: dict[str, Any], order: int) -> None:
    """Draws one scatter trace; later ones stand above earlier ones."""
    x, y = trace["x"], trace["y"]
    if not x:
        return
    line, marker = trace.get("line", {}), trace.get("marker", {})
    mode = trace.get("mode", "lines")
    label = _strip_tags(trace.get("name")) if trace.get("showlegend", True) else "_hidden"
    common: dict[str, Any] = {"label": label, "zorder": 2 + order / 100, "alpha": trace.get("opacity")}
    if trace.get("fill") == "toself":
        axes.fill(
            x,
            y,
            facecolor=parse_color(trace.get("fillcolor", "rgba(128,128,128,0.2)")),
            linewidth=0,
            **common,
        )
        return
    if trace.get("fill") == "tonexty" and axes.lines:
        below = axes.lines[-1]
        axes.fill_between(x, below.get_ydata(), y, facecolor=parse_color(trace["fillcolor"]), linewidth=0)
    drawn: dict[str, Any] = {"linestyle": "none", "clip_on": trace.get("cliponaxis", True)}
    if "lines" in mode:
        drawn |= {
            "color": parse_color(line.get("color")),
            "linewidth": line.get("width", 2),
            "linestyle": DASHES[line.get("dash", "solid")],
            "drawstyle": "steps-post" if line.get("shape") == "hv" else "default",
            "solid_joinstyle": "miter" if line.get("shape") == "hv" else "round",
        }
    if "markers" in mode:
        symbol = marker.get("symbol", "circle")
        shown = parse_color(marker.get("color", line.get("color")))
        drawn |= {
            "marker": SYMBOLS.get(symbol, "o"),
            "markersize": marker.get("size", 6) * 0.72,  # pixels to points
            "markerfacecolor": "none" if symbol.endswith("-open") else shown,
            "markeredgecolor": shown,
            "markeredgewidth": marker.get("line", {}).get("width", 1.2),
        }
    axes.plot(x, y, **drawn, **common)


def _draw_notes(axes: Axes, layout: dict[str, Any]) -> None:
    """Draws lines across the plot, and the words that name them."""
    for shape in layout.get("shapes", []):
        line = shape.get("line", {})
        axes.axhline(
            shape["y0"],
            color=parse_color(line.get("color")),
            linewidth=line.get("width", 1.5),
            linestyle=DASHES[line.get("dash", "solid")],
            zorder=1.9,
        )
    for note in layout.get("annotations", []):
        across = axes.get_yaxis_transform() if note.get("yref") == "y" else axes.transAxes
        font = note.get("font", {})
        axes.text(
            note["x"],
            note["y"],
            _strip_tags(note["text"]),
            transform=across,
            ha=note.get("xanchor", "left"),
            va=note.get("yanchor", "bottom"),
            color=parse_color(font.get("color", "#555d66")),
            fontsize=font.get("size", 11) * 0.82,
        )


def _draw_legend(axes: Axes, columns: int) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        axes.legend(
            handles,
            labels,
            loc="lower left",
            bbox_to_anchor=(-0.01, 1.0),
            ncols=columns,
            frameon=False,
            fontsize=9,
            labelcolor="#555d66",
            handlelength=1.4,
            columnspacing=1.2,
            borderaxespad=0.2,
        )


def parse_color(text: str | None) -> Color | None:
    """Returns a CSS colour as Matplotlib takes it."""
    match = re.fullmatch(r"rgba?\(([^)]*)\)", text or "")
    if match is None:
        return text
    red, green, blue, *alpha = (float(part) for part in match[1].split(","))
    return (red / 255, green / 255, blue / 255, alpha[0] if alpha else 1.0)


def _strip_tags(value: Any) -> str:
    """Returns the words without Plotly's few tags; a dollar sign begins no mathematics."""
    text = value.get("text", "") if isinstance(value, dict) else value or ""
    return unescape(re.sub(r"<[^>]*>", "", str(text))).replace("$", r"\$")
