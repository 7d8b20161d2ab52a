"""What the private engine is made of: the mirror that apt's sources name, the environment of unpacked programs."""

from pathlib import Path

import pytest

from deploy.local.engine.base_image import mirror_of
from deploy.local.engine.debian_packages import environment_for
from deploy.local.stack import StackError

ONE_LINE = (
    "# deb http://old.example/debian bookworm main\ndeb [signed-by=/k.gpg] http://one.example/debian bookworm main\n"
)
DEB822 = """\
Types: deb
URIs: https://tools.example/node
Suites: nodistro
Components: main

Types: deb
URIs: http://two.example/debian
Suites: bookworm bookworm-updates
Components: main
"""


@pytest.mark.parametrize(
    ("text", "mirror"), [(ONE_LINE, "http://one.example/debian"), (DEB822, "http://two.example/debian")]
)
def test_the_mirror_is_the_one_of_the_release_itself(tmp_path: Path, text: str, mirror: str) -> None:
    (tmp_path / "a.sources").write_text(text)
    assert mirror_of("bookworm", (f"{tmp_path}/*.sources",)) == mirror


@pytest.mark.parametrize("suite", ["trixie", ""])
def test_without_a_mirror_of_the_release_it_says_so(tmp_path: Path, suite: str) -> None:
    (tmp_path / "a.sources").write_text(ONE_LINE + "\n" + DEB822)
    with pytest.raises(StackError, match="name no mirror of this release"):
        mirror_of(suite, (f"{tmp_path}/*.sources",))


def test_unpacked_programs_are_found_first_and_nothing_is_set_without_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/bin")
    for name in ("XTABLES_LIBDIR", "LD_LIBRARY_PATH", "PERL5LIB"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/lib/x86_64-linux-gnu").mkdir(parents=True)
    environment = environment_for(tmp_path)
    assert environment["PATH"] == f"{tmp_path}/usr/bin:/bin"
    assert environment["LD_LIBRARY_PATH"] == f"{tmp_path}/usr/lib/x86_64-linux-gnu"
    assert not {"XTABLES_LIBDIR", "PERL5LIB"} & environment.keys()
