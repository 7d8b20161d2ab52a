"""`make contracts` writes what is published; `make release-contracts` promises it for ever."""

import argparse
import sys

from deploy.publishing.publish import ROOT, Refused, publish, release


def main() -> int:
    """Publish into this repository and say what changed; 1 if the gate refuses."""
    parser = argparse.ArgumentParser(prog="python -m deploy.publishing", description=__doc__)
    parser.add_argument("--release", action="store_true", help="add every published file to the lock")
    try:
        if parser.parse_args().release:
            print(f"released {len(release(ROOT))} files")
        else:
            for path in publish(ROOT):
                print(f"{'wrote' if (ROOT / path).exists() else 'deleted'} {path}")
    except Refused as refused:
        print(f"refused, nothing was written:\n{refused}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
