"""`python -m reasoner.data --config configs/full.toml --out DIR` writes all training files."""

import argparse
import time
import tomllib
from pathlib import Path

from .build import build


def main():
    parser = argparse.ArgumentParser(prog="python -m reasoner.data", description=__doc__)
    parser.add_argument("--config", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args()
    config = tomllib.loads(options.config.read_text())["data"]
    start = time.monotonic()
    for name, count in build(config, options.out).items():
        print(f"{name}: {count} rows")
    print(f"{time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
