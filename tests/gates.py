"""Gates that have been seen to refuse: each guard shows its bad sample, and the run ends with the table of them."""

from dataclasses import dataclass, field


@dataclass
class Gates:
    """What has been refused in this run."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def refuses(self, gate: str, bad_sample: str, refusal: object) -> None:
        """The gate was shown a bad sample and this is what it said; saying nothing fails the test."""
        assert refusal, f"{gate} lets pass: {bad_sample}"
        words = " ".join(_text(refusal).split())
        self.rows.append((gate, bad_sample, words if len(words) <= 60 else f"{words[:57]}..."))

    def table(self) -> list[str]:
        """The rows as lines of plain text, in columns."""
        rows = [("gate", "bad sample", "refused"), *sorted(self.rows)]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = [
            " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
        ]
        return [lines[0], "-+-".join("-" * width for width in widths), *lines[1:]]


def _text(refusal: object) -> str:
    if isinstance(refusal, list | tuple | set | frozenset):
        return ", ".join(_text(each) for each in refusal)
    return "yes" if refusal is True else str(refusal)
