"""Inside the stand-in image: Kafka with the settings that the environment gives, as the public image takes them."""

import os
import subprocess
from pathlib import Path

PROPERTIES = Path("/tmp/server.properties")  # noqa: S108 - a container's own
JAVA = ("/opt/java/bin/java", "-XX:+UseSerialGC", "-Djava.io.tmpdir=/tmp", "-cp", "/opt/kafka/jars/*")
CLUSTER = "aGVzYWJpLXN0YW5kLWlubg"
NOT_BROKER_SETTINGS = {"KAFKA_HEAP_OPTS"}


def main() -> None:
    """KAFKA_A_B is the setting a.b. The data folder is formatted once."""
    settings = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value
        for name, value in os.environ.items()
        if name.startswith("KAFKA_") and name not in NOT_BROKER_SETTINGS
    }
    PROPERTIES.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")
    tool = ("kafka.tools.StorageTool", "format", "--ignore-formatted", f"--cluster-id={CLUSTER}", "-c", str(PROPERTIES))
    subprocess.run((*JAVA, *tool), check=True)
    heap = os.environ.get("KAFKA_HEAP_OPTS", "-Xmx512m").split()
    os.execv(JAVA[0], (*JAVA[:1], *heap, *JAVA[1:], "kafka.Kafka", str(PROPERTIES)))  # noqa: S606


if __name__ == "__main__":
    main()
