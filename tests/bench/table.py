"""Rows, what was measured for them in several rounds, and whether that is within their limits. Pure."""
import dataclasses
import statistics
from collections.abc import Callable

MET, MISSED, DISQUALIFIED, TOLD = "met", "NOT MET", "DISQUALIFIED", ""


class Missing(str):
    """The figure of a contender that has none, and why."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table. measure(lab) gives, of one round, the figure of each contender by its name; rows that have
    the same one share its rounds."""
    name: str
    title: str
    unit: str
    measure: Callable
    at_most: float | None = None   # None: only told
    of: str | None = None          # at_most is so many times the figure of this one; None: it is a figure itself
    contender: str = "mcastd"      # whose figure is judged
    others: tuple = ()             # whose figures are told as well
    rounds: int | None = None      # at most so many, where more would tell no more

    def shown(self):
        """Whose figures have to do with it; measure() may give more, for rows in other units."""
        return {self.contender, *self.others} | ({self.of} if self.of else set())


@dataclasses.dataclass(frozen=True)
class Outcome:
    row: Row
    rounds: tuple                  # what measure() has given, of each round

    def figures(self, contender):
        return [figures[contender] for figures in self.rounds]

    def median(self, contender):
        """None if one round has no figure: what was lost in that one may be lacking in the others, too."""
        figures = self.figures(contender)
        return None if any(isinstance(f, Missing) for f in figures) else statistics.median(figures)

    def reason(self):
        """Why it is disqualified."""
        judged = [self.row.contender] + ([self.row.of] if self.row.of else [])
        reasons = [f"{who}: {f}" for who in judged for f in self.figures(who) if isinstance(f, Missing)]
        return reasons[0] if reasons else ""

    def ratio(self):
        figure, of = self.median(self.row.contender), self.row.of and self.median(self.row.of)
        return figure / of if figure is not None and of else None

    def verdict(self):
        if self.reason():
            return DISQUALIFIED
        if self.row.at_most is None:
            return TOLD
        figure = self.ratio() if self.row.of else self.median(self.row.contender)
        return MET if figure is not None and figure <= self.row.at_most else MISSED

    def good(self):
        return self.verdict() in (MET, TOLD)


HEAD = ("row", "what", "unit", "reference", "", "figure", "ratio", "at most", "verdict")


def number(value):
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 100 else f"{value:.1f}"


def cells(outcome):
    row = outcome.row
    return (row.name, row.title, row.unit, row.of or "", number(outcome.median(row.of)) if row.of else "",
            number(outcome.median(row.contender)), f"{outcome.ratio():.3f}" if outcome.ratio() is not None else "",
            "" if row.at_most is None else f"{row.at_most:g}{' x' if row.of else ''}", outcome.verdict())


def other_cells(outcome, other):
    reference, figure = outcome.row.of and outcome.median(outcome.row.of), outcome.median(other)
    ratio = f"{figure / reference:.3f}" if figure is not None and reference else ""
    return ("", f"  {other}", outcome.row.unit, "", "", number(figure), ratio, "", "")


def lines(outcomes):
    """The table as text, and under it why rows were disqualified."""
    rows = [HEAD]
    for outcome in outcomes:
        rows.append(cells(outcome))
        rows += [other_cells(outcome, other) for other in outcome.row.others]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return text + [f"{o.row.name} {o.reason()}" for o in outcomes if o.reason()]


def as_json(outcome):
    """All that is known of it, ready for json.dumps()."""
    row = outcome.row
    plain = [{who: None if isinstance(f, Missing) else f for who, f in figures.items() if who in row.shown()}
             for figures in outcome.rounds]
    return {"row": row.name, "what": row.title, "unit": row.unit, "contender": row.contender, "of": row.of,
            "at_most": row.at_most, "ratio": outcome.ratio(), "verdict": outcome.verdict(), "reason": outcome.reason(),
            "medians": {who: outcome.median(who) for who in plain[0]}, "rounds": plain}
