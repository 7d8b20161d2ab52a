"""The reader of the chassis that also decodes: envelope, body, writer, aggregate and stream of every record."""

from services.chassis.arrival import Decoder, stamp_of
from services.chassis.keyring import Keyring
from services.chassis.keys import PrivateKeys
from services.chassis.tokens import SessionVerifier
from tests.benchmarks.contender import Contest
from tests.benchmarks.hesabi_loop import bench_service
from tests.benchmarks.lane_reader import read_lane
from tests.benchmarks.work import MESSAGE_OF


async def run(contest: Contest) -> None:
    """Read until the contest says it is over."""
    settings = contest.settings()
    keys, topic = PrivateKeys.load(settings.keys_folder), MESSAGE_OF[contest.row].topic
    keyring = Keyring("accounts", keys, settings.key_fingerprints)
    verifier = SessionVerifier(keyring.signing_key, lambda *_: False)
    decoder = Decoder(bench_service(contest.row, contest.group), keys.keyed_hash, keyring.opener, verifier.verify)
    await read_lane(contest, lambda record: decoder.read(record, topic, stamp_of(record)))
