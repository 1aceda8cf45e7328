"""The HTTP interface: wire shapes, routes, problems. Knows the application's parts, never how they work."""
