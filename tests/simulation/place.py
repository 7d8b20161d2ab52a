"""Where a simulated consumer stands."""


class Place:
    """Where a consumer stands in a partition, as aiokafka shows it."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.high: int | None = None
        self.is_paused = False

    @property
    def has_valid_position(self) -> bool:
        """Always: it begins at what the group has committed."""
        return True
