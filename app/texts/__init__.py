"""Marks the texts that people read: written once, in British English, where they are used; a catalogue lists all.

In templates: ``{% trans %}…{% endtrans %}`` or ``_("…")``. In Python: ``_("…")`` from here.
"""

from __future__ import annotations


def _(text: str) -> str:
    """The text itself: British English is the only language so far."""
    return text
