"""Every label under which something is wrapped by a vault key stands in the specification of rotations."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
SPEC = (ROOT / "docs/specs/rotation.md").read_text("utf-8")
ROOMS = ("vault", "sharing", "auth", "app")
# The wraps themselves, and what is wrapped again under the label that it had.
THE_MACHINERY = {"vault/keys/keyring.py", "vault/keys/generations.py", "vault/rotating/rewrapping.py"}
BY_PARAMETER = {"vault/records/documents.py": ("document-look/1", "document-password/1")}


def wraps(path: Path) -> Iterator[str]:
    """The label of each ``….wrap(label, object id, secret)`` of a keyring in this module; "" if it is no constant."""
    tree = ast.parse(path.read_text("utf-8"))
    constants = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        is_wrap = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) == 3
        if not is_wrap or node.func.attr not in {"wrap", "wrap_private"}:
            continue
        first = node.args[0]
        if "provider" in ast.unparse(node.func):
            continue
        if isinstance(first, ast.Constant):
            yield str(first.value)
        else:
            yield str(constants.get(first.id, "")) if isinstance(first, ast.Name) else ""


def test_every_wrapped_label_is_in_the_specification() -> None:
    found: dict[str, list[str]] = {}
    for path in sorted(each for room in ROOMS for each in (ROOT / room).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        labels = [] if name in THE_MACHINERY else list(wraps(path))
        if labels:
            found[name] = [*BY_PARAMETER.get(name, ()), *filter(None, labels)]
            assert "" not in labels or name in BY_PARAMETER, f"{name} wraps under a label that can't be read"
    assert {"link/1", "delivery/1", "carer/1", "share-look/1"} <= {
        label for labels in found.values() for label in labels
    }
    missing = [(name, label) for name, labels in found.items() for label in labels if f"`{label}`" not in SPEC]
    assert missing == []
