"""The command line. Each command reads its options, asks a part of the service, and shows the answer."""

from service.cli.app import app, main

__all__ = ["app", "main"]
