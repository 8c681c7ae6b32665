"""One writer a format, and one door to all of them: `write_dataset`."""

from modiste.writers.base import Keeps, Loss, Writer, WriterOptions
from modiste.writers.losses import describe_losses
from modiste.writers.registry import find_writer, list_writers
from modiste.writers.writing import Written, write_dataset

__all__ = [
    "Keeps",
    "Loss",
    "Writer",
    "WriterOptions",
    "Written",
    "describe_losses",
    "find_writer",
    "list_writers",
    "write_dataset",
]
