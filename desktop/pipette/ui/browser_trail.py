"""Where the browser has been: back and forward, as in a web browser."""

from __future__ import annotations

from pipette.model.files import Location

_LONGEST = 200


class Trail:
    """``go`` forgets what lay ahead; going to the place one is at changes nothing."""

    def __init__(self) -> None:
        self._places: list[Location] = []
        self._at = -1

    @property
    def here(self) -> Location | None:
        return self._places[self._at] if self._places else None

    @property
    def can_go_back(self) -> bool:
        return self._at > 0

    @property
    def can_go_forward(self) -> bool:
        return self._at < len(self._places) - 1

    def go(self, place: Location) -> None:
        if place == self.here:
            return
        self._places = [*self._places[: self._at + 1], place][-_LONGEST:]
        self._at = len(self._places) - 1

    def back(self) -> Location | None:
        self._at -= self.can_go_back
        return self.here

    def forward(self) -> Location | None:
        self._at += self.can_go_forward
        return self.here

    def forget_account(self, account: str) -> None:
        """The account was removed; nothing leads back into it."""
        here = self.here
        self._places = [place for place in self._places if place.account != account]
        self._at = self._places.index(here) if here in self._places else len(self._places) - 1
