"""Proposals: how many units would have been beyond a limit in the last four quarters."""

from matplotlib.axes import Axes

from riskmodels.governance.proposals import Proposals, rule_label
from riskmodels.labels import label, marked, titled
from riskmodels.reporting.plots.canvas import COLOURS, NOTE, house_axes, short
from riskmodels.reporting.plots.dispatch import plot_of

_MOST = 15  # proposals drawn: two or three rules' worth
_NAME = 44  # signs


@plot_of.register
def plot_proposals(result: Proposals, *, ax: Axes | None = None) -> Axes:
    """Draw the units red and amber in a mean quarter, now and under each proposal."""
    means = (
        result.moving.groupby(["proposal_id", "measure"], sort=False)[["now", "proposed"]].mean().unstack()
    )
    means = means.head(_MOST)
    with house_axes(ax, 7.2, 1.4 + 0.25 * max(len(means), 4)) as axes:
        if means.empty:
            words = label("No proposal changes how units are rated.")
            axes.text(0.5, 0.5, words, ha="center", va="center", wrap=True, fontsize=8)
            axes.set_axis_off()
            return axes
        for colour in ("amber", "red"):
            now, then = (means[one, f"units_{colour}"].to_numpy(float) for one in ("now", "proposed"))
            places = [place + (0.15 if colour == "red" else -0.15) for place in range(len(means))]
            axes.hlines(places, now, then, color=NOTE, linewidth=1)
            for values, inside, when in ((now, "white", "now"), (then, COLOURS[colour], "then")):
                words = label(_NAMES[colour, when])
                axes.scatter(
                    values, places, s=26, facecolors=inside, edgecolors=COLOURS[colour], zorder=3, label=words
                )
        asked = result.table.set_index("proposal_id")
        names = [titled(rule_label(asked["rule"][one]), asked["about"][one]) for one in means.index]
        axes.set_yticks(range(len(means)), [short(one, _NAME) for one in names], fontsize=8)
        axes.set_ylim(len(means) - 0.5, -0.5)
        axes.set_xlim(left=-0.5)
        axes.set_xlabel(label("units in a quarter, mean of the last four [units]"))
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=4, fontsize=8)
        return axes


_NAMES = {
    ("red", "now"): marked("red now"),
    ("red", "then"): marked("red under the proposal"),
    ("amber", "now"): marked("amber now"),
    ("amber", "then"): marked("amber under the proposal"),
}
