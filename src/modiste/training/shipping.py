"""What of a run becomes a bundle: fields that were learnt beside the others stay behind."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from modiste.errors import UsageError
from modiste.runtime.scores import slice_fields
from modiste.taxonomy import Taxonomy
from modiste.training.dataset import LabelledItems
from modiste.training.network import TaggerNetwork
from modiste.training.run import TrainingRun

__all__ = ["keep_shipped"]


def keep_shipped(
    run: TrainingRun, network: TaggerNetwork, without: Sequence[str] = ()
) -> tuple[TrainingRun, TaggerNetwork]:
    """Return a run and its network with the fields alone that its bundle says.

    Args:
        run: The run; `data.training_only` of its recipe names what stays behind.
        network: Its network; where a field stays behind, a copy is returned.
        without: Further fields that stay behind, such as those that turned out worse than a guess.

    Returns:
        The run with the labels of the shipped fields, and the network with the weights that lead to them; both are
        what was given where every field ships. A field whose parent stays behind refines nothing.

    Raises:
        UnknownNameError: ``without`` names what the run has not learnt.
        UsageError: No field would be left.
        ExportError: The heads connect the fields, so that none can be left out.
    """
    for name in without:
        _ = run.taxonomy[name]
    behind = {*run.recipe.data.training_only, *without}
    names = tuple(name for name in run.taxonomy.names if name not in behind)
    if not names:
        raise UsageError(f"no field would be left in the bundle; keep one of {', '.join(run.taxonomy.names)}")
    if names == run.taxonomy.names:
        return run, network
    columns = slice_fields(run.taxonomy)
    values = np.concatenate([np.arange(columns[name].start, columns[name].stop) for name in names])
    shipped = copy.deepcopy(network)
    shipped.heads.keep_values(values.tolist())
    train, validation = (_select(part, run.taxonomy, names, values) for part in (run.train, run.validation))
    return replace(run, taxonomy=run.taxonomy.select(names), train=train, validation=validation), shipped


def _select(items: LabelledItems, taxonomy: Taxonomy, names: Sequence[str], values: NDArray[np.intp]) -> LabelledItems:
    positions = [taxonomy.names.index(name) for name in names]
    return replace(items, targets=items.targets[:, values], known=items.known[:, positions])
