"""The five services as a lab meets them: a running fake, a person's key, and how the key ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes import basespace as bs
from tests.fakes import ica
from tests.fakes import onecodex as oc
from tests.fakes import sevenbridges as sb
from tests.fakes.sevenbridges_state import Manners as SevenBridgesManners

from pipette.model.files import MiB
from pipette.practice.server import PRACTICE_KEY, S3Server
from pipette.practice.signing import KeyPair

PROJECT = "Oncology 2026"
ENDPOINT = "AWS_ENDPOINT_URL_S3"


@dataclass(frozen=True, slots=True)
class Lab:
    """One running service with one project and one person."""

    kind: str
    url: str
    key: str
    container: str
    """As the wizard lists it."""
    renew: Callable[[], str]
    """The person's key is refused from now on; returns a new one of the same person."""
    stranger: Callable[[], str]
    """The key of somebody else, who may use the project as well."""
    environment: dict[str, str] = field(default_factory=dict)
    leaks: Callable[[], Sequence[object]] = tuple
    part_size: int = 8 * MiB
    resumes: bool = True
    """False where a file goes in one piece."""


Start = Callable[[Path], AbstractContextManager[Lab]]


@contextmanager
def s3(folder: Path) -> Iterator[Lab]:
    with S3Server(folder / "server") as server:
        server.create_bucket("reads")

        def renew() -> str:
            server.add_key(KeyPair(PRACTICE_KEY.id, "renewed-secret"))
            return f"{PRACTICE_KEY.id}:renewed-secret"

        def stranger() -> str:
            server.add_key(KeyPair("AKIASTRANGER", "strangers-secret"))
            return "AKIASTRANGER:strangers-secret"

        key = f"{PRACTICE_KEY.id}:{PRACTICE_KEY.secret}"
        yield Lab("s3", server.url, key, "reads", renew, stranger)


@contextmanager
def illumina_ica(folder: Path) -> Iterator[Lab]:
    with ica.ica_server(folder / "server") as server:
        (user,) = server.shelf.users.values()
        project = server.shelf.add_project(PROJECT, user)
        project.rights[user.id].role = "ADMINISTRATOR"

        def renew() -> str:
            with server.shelf.lock:
                server.shelf.users.clear()
                server.keeper.tokens.clear()
                server.shelf.users["renewed-ica-key"] = user
            return "renewed-ica-key"

        def stranger() -> str:
            with server.shelf.lock:
                other = server.shelf.add_user("strangers-ica-key", "bo@lab.example")
                project.rights[other.id] = project.rights[user.id]
            return "strangers-ica-key"

        environment = {ENDPOINT: server.storage.url}
        yield Lab("ica", server.url, ica.KEY, PROJECT, renew, stranger, environment, server.leaks)


@contextmanager
def basespace(folder: Path) -> Iterator[Lab]:
    with bs.basespace(folder / "server") as server:
        world = server.world
        world.add_project(PROJECT)

        def renew() -> str:
            world.tokens.pop(bs.TOKEN)
            world.grant("renewed-token", *bs.SCOPES)
            return "renewed-token"

        def stranger() -> str:
            world.grant("strangers-token", *bs.SCOPES, user="1002")
            return "strangers-token"

        yield Lab(
            "basespace",
            server.url,
            bs.TOKEN,
            PROJECT,
            renew,
            stranger,
            leaks=lambda: server.script.breaches,
            part_size=10 * MiB,
        )


@contextmanager
def seven_bridges(folder: Path) -> Iterator[Lab]:
    manners = SevenBridgesManners(part_size=5 * MiB)
    manners.calls = 1_000_000
    with sb.SevenBridgesServer(manners) as server:
        state = server.state
        name = state.users[sb.TOKEN].username

        def renew() -> str:
            state.users.pop(sb.TOKEN)
            state.add_user(name, "a" * 32)
            return "a" * 32

        def stranger() -> str:
            state.add_user("bo", "b" * 32)
            return "b" * 32

        yield Lab(
            "sevenbridges",
            server.url,
            sb.TOKEN,
            sb.PROJECT,
            renew,
            stranger,
            leaks=lambda: server.leaks,
            part_size=5 * MiB,
        )


@contextmanager
def one_codex(folder: Path) -> Iterator[Lab]:
    with oc.OneCodexServer(folder / "server") as server:

        def renew() -> str:
            server.user.key = "c" * 32
            return "c" * 32

        yield Lab(
            "onecodex",
            server.url,
            oc.KEY,
            "Lab",
            renew,
            lambda: oc.OTHER_KEY,
            {ENDPOINT: server.s3_url},
            server.leaks,
            part_size=MiB,
            resumes=False,
        )


LABS: dict[str, Start] = {
    "s3": s3,
    "ica": illumina_ica,
    "basespace": basespace,
    "sevenbridges": seven_bridges,
    "onecodex": one_codex,
}
