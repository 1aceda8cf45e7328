"""The command line. Each command reads its options, asks a part of the service, and shows the answer."""

from service.cli.native_libraries import settle_native_libraries

settle_native_libraries()

from service.cli.app import app, main  # noqa: E402 - after what must come before every other import

__all__ = ["app", "main"]
