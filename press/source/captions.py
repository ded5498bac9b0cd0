"""Captions of images: the title of an image that is alone in its paragraph, read as Markdown.

In: the Markdown library, and later the tree that it made. Out: figures with captions, in which
notes, citations, and emphasis are what they are in text. The library itself keeps a title as plain
words, and loses its notes. This module must not know files.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor

from press.core.trees import Element, plain, remove

NOTE = re.compile(r"\[\^[^\]\s]+\]")
"""A note as an author refers to it. Words of an attribute can hold none."""
_CLASS = "caption-words"


def read_captions(engine: Markdown) -> None:
    """Let the titles of images, which are read as their content, come after them."""
    engine.treeprocessors.register(_Apart(engine), "captions", 1)


class _Apart(Treeprocessor):
    """Puts the title of each image after it, because an image has no content in HTML."""

    def run(self, root: ET.Element) -> None:
        for parent in list(root.iter()):
            for index, image in reversed(list(enumerate(parent))):
                if image.tag == "img" and (alt := image.get("fig-alt")):  # Quarto's
                    image.text = image.text or image.get("alt")
                    image.set("alt", alt)
                if image.tag == "img" and (image.text or len(image)):
                    words = ET.Element("span", {"class": _CLASS})
                    words.text, image.text = image.text, None
                    words.extend(list(image))
                    del image[:]
                    words.tail, image.tail = image.tail, None
                    parent.insert(index + 1, words)


def settle_captions(body: Element) -> None:
    """Turn an image alone in its paragraph and its title into a figure with a caption.

    Among text, an image keeps its title, in which a note is what its author typed.
    """
    for words in [e for e in body.iter("span") if e.get("class") == _CLASS]:
        image, around = words.getprevious(), words.getparent()
        assert around is not None
        if image is None or image.tag != "img":
            continue
        alone = around.tag == "p" and len(around) == 2
        if alone and not any(e.strip() for e in (around.text or "", words.tail or "")):
            around.tag, around.text, words.tail = "figure", None, None
            words.tag = "figcaption"
            del words.attrib["class"]
            for name in ("id", "class"):
                if image.get(name) and not around.get(name):
                    around.set(name, image.attrib.pop(name))
        else:
            for sup in [e for e in words.iter("sup") if (e.get("id") or "").startswith("fnref")]:
                sup.text = f"[^{(sup.get('id') or '').partition(':')[2]}]"
                for child in list(sup):
                    remove(child)
            image.set("title", plain(words))
            remove(words)
