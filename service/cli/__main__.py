"""`python -m service.cli`: the same as the `lookalike` script."""

from service.cli.app import main

main()
