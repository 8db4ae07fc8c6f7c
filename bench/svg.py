"""What all plots share: an SVG file that can be read in light and in dark surroundings."""

from xml.sax.saxutils import escape

# The file is shown as an image, so it brings its own background and asks for the reader's theme itself.
STYLE = """
.page { fill: #ffffff } .text { fill: #1f2328 } .quiet { fill: #59636e } .grid { stroke: #d1d9e0 }
.gate { fill: #0969da } .forwarder { fill: #c8d1da } .peer { fill: #8c959f } .whisker { stroke: #1f2328 }
.line { fill: none; stroke-width: 2 }
.first.line { stroke: #0969da } .second.line { stroke: #bc4c00 } .third.line { stroke: #1a7f37 }
.first.dot { fill: #0969da } .second.dot { fill: #bc4c00 } .third.dot { fill: #1a7f37 }
@media (prefers-color-scheme: dark) {
  .page { fill: #0d1117 } .text { fill: #f0f6fc } .quiet { fill: #9198a1 } .grid { stroke: #3d444d }
  .gate { fill: #4493f8 } .forwarder { fill: #3d444d } .peer { fill: #656c76 } .whisker { stroke: #f0f6fc }
  .first.line { stroke: #4493f8 } .second.line { stroke: #f0883e } .third.line { stroke: #3fb950 }
  .first.dot { fill: #4493f8 } .second.dot { fill: #f0883e } .third.dot { fill: #3fb950 }
}
"""


def image(width: float, height: float, title: str, body: str) -> str:
    """A whole file. `title` is for those who cannot see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12">\n<title>{escape(title)}</title>\n<style>{STYLE}</style>\n'
        f'<rect class="page" width="{width}" height="{height}"/>\n{body}</svg>\n'
    )
