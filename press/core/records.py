"""Records: `dataclass` as in the standard library, made in a quarter of the time.

In: a class with fields. Out: the same class as a data class. To type checkers this is
`dataclasses.dataclass` itself; while the program runs, all records share one comparison, one hash,
and one representation, where the standard library compiles functions for each class. That took a
twentieth of the time of a build. So a frozen record is frozen for the type checker only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses
    from functools import partial
    from operator import attrgetter

    def dataclass(cls=None, /, *, frozen=False, eq=True, order=False):
        """Make a class a data class; see the standard library for the options."""
        if cls is None:
            return partial(dataclass, frozen=frozen, eq=eq, order=order)
        own = vars(cls)
        if order:  # seldom: not worth a path of its own
            return dataclasses.dataclass(frozen=frozen, eq=eq, order=order)(cls)
        cls.__doc__ = cls.__doc__ or cls.__name__  # the standard library would write a signature
        hashed = "__hash__" in own
        if eq and "__eq__" not in own:
            cls.__eq__ = _equal
            if not hashed:
                cls.__hash__ = _hash if frozen else None
        if "__repr__" not in own:
            cls.__repr__ = _shown
        dataclasses.dataclass(eq=False, repr=False)(cls)
        names = [each.name for each in dataclasses.fields(cls) if each.compare]
        cls.__compared__ = attrgetter(*names) if names else type
        return cls


def _equal(one: Any, other: Any) -> Any:
    if one.__class__ is not other.__class__:
        return NotImplemented
    return one.__compared__(one) == one.__compared__(other)


def _hash(one: Any) -> int:
    return hash(one.__compared__(one))


def _shown(one: Any) -> str:
    from dataclasses import fields

    said = (f"{each.name}={getattr(one, each.name)!r}" for each in fields(one) if each.repr)
    return f"{type(one).__qualname__}({', '.join(said)})"


__all__ = ["dataclass"]
