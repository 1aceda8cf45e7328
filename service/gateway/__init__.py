"""The HTTP interface: wire shapes, routes, problems. Knows the application's parts, never how they work."""

from service.gateway.app import create_app

__all__ = ["create_app"]
