"""Elements of pictures; every text in them is escaped when they are written."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from django.utils.safestring import SafeString, mark_safe


def element(tag: str, text: str = "", **attributes: Any) -> ET.Element:
    """Return an element; underscores in names of attributes are hyphens.

    ``class_`` is the attribute ``class``.
    """
    named = {
        name.rstrip("_").replace("_", "-"): str(one)
        for name, one in attributes.items()
        if one is not None
    }
    found = ET.Element(tag, named)
    found.text = printable(text)
    return found


def printable(text: str) -> str:
    """Return a text without what XML cannot have, however it is escaped."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def cut(text: str, most: int) -> str:
    """Return the beginning of a text."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def picture(name: str, width: float, height: float, title: str) -> ET.Element:
    """Return an empty picture that is named for those who cannot see it.

    Its role is of the WAI-ARIA Graphics Module: what is in it can be read and followed.
    """
    root = element(
        "svg",
        class_=f"work-picture {name}",
        viewBox=f"0 0 {width:g} {height:g}",
        width=f"{width:g}",
        height=f"{height:g}",
        role="graphics-document",
        aria_labelledby=f"{name}-title",
    )
    root.append(element("title", title, id=f"{name}-title"))
    return root


def written(root: ET.Element) -> SafeString:
    """Return a picture as HTML."""
    # ElementTree escapes every text
    return mark_safe(ET.tostring(root, encoding="unicode"))  # noqa: S308
