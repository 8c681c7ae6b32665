"""A dict that stays as it was made, for what is handed out to many."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

__all__ = ["ReadOnlyDict"]

_Name = TypeVar("_Name")
_Value = TypeVar("_Value")


class ReadOnlyDict(dict[_Name, _Value]):
    """A dict that refuses to be changed.

    It is a dict, not a view of one, so that it equals dicts and is written as JSON, copied and sent to other processes
    as they are.

    Raises:
        TypeError: Somebody tries to change it.

    Example:
        >>> said = ReadOnlyDict({"Fabric": "Cotton"})
        >>> said == {"Fabric": "Cotton"}, {**said, "Neck": "Polo"}
        (True, {'Fabric': 'Cotton', 'Neck': 'Polo'})
    """

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("this dict can't be changed: others read it, too; change a copy: dict(...)")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        """Say how a copy is made: at once, as entries can't be added."""
        return type(self), (dict(self),)
