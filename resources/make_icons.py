"""Draws the application's icon in every form the systems want, from the two SVG files.

By hand, after a change of an SVG: ``python resources/make_icons.py``. The results are kept in
version control; a test compares ``icons.stamp`` with the sources.
"""

from __future__ import annotations

import hashlib
import struct
import sys
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgRenderer

HERE = Path(__file__).parent
IN_THE_WINDOW = HERE.parent / "desktop" / "pipette" / "ui" / "icons"
SOURCES = ("icon.svg", "icon-tiny.svg")
TINY_UP_TO = 24
"""Below this many pixels wells are only dust, so the drawing without them is used."""
ICO_SIZES = (16, 20, 24, 32, 40, 48, 64, 256)
ICNS_SIZES = {
    b"ic11": 32,
    b"ic12": 64,
    b"ic07": 128,
    b"ic13": 256,
    b"ic08": 256,
    b"ic14": 512,
    b"ic09": 512,
    b"ic10": 1024,
}
MAC_MARGIN = 0.098
"""macOS wants air around the shape; icons without it look too large in the Dock."""


def stamp() -> str:
    """Changes whenever the drawings change."""
    texts = [(HERE / name).read_text(encoding="utf-8") for name in SOURCES]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def png(size: int, margin: float = 0.0) -> bytes:
    source = "icon-tiny.svg" if size <= TINY_UP_TO else "icon.svg"
    renderer = QSvgRenderer(str(HERE / source))
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    inset = size * margin
    renderer.render(painter, QRectF(inset, inset, size - 2 * inset, size - 2 * inset))
    painter.end()
    return _encoded(image)


def ico() -> bytes:
    """Windows: a directory of PNG pictures."""
    pictures = [(size, png(size)) for size in ICO_SIZES]
    offset = 6 + 16 * len(pictures)
    entries = bytearray()
    for size, data in pictures:
        edge = size % 256  # 0 stands for 256
        entries += struct.pack("<BBBBHHII", edge, edge, 0, 0, 1, 32, len(data), offset)
        offset += len(data)
    header = struct.pack("<HHH", 0, 1, len(pictures))
    return header + bytes(entries) + b"".join(data for _size, data in pictures)


def icns() -> bytes:
    """macOS: tagged PNG pictures, single and double density."""
    body = b""
    for tag, size in ICNS_SIZES.items():
        data = png(size, MAC_MARGIN)
        body += tag + struct.pack(">I", len(data) + 8) + data
    return b"icns" + struct.pack(">I", len(body) + 8) + body


def main() -> None:
    app = QGuiApplication(["make_icons", "-platform", "offscreen"])
    (HERE / "icon.png").write_bytes(png(512))
    (HERE / "icon.ico").write_bytes(ico())
    (HERE / "icon.icns").write_bytes(icns())
    for source, name in zip(SOURCES, ("app.svg", "app-tiny.svg"), strict=True):
        (IN_THE_WINDOW / name).write_bytes((HERE / source).read_bytes())
    (HERE / "icons.stamp").write_text(stamp() + "\n", encoding="utf-8")
    app.shutdown()


def _encoded(image: QImage) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, QByteArray(b"png"))
    if not writer.write(image):
        sys.exit(writer.errorString())
    return bytes(data.data())


if __name__ == "__main__":
    main()
