"""Start the command line: `python -m huizong`."""

from huizong.cli import main

main()
