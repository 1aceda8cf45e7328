"""The routes, one file a noun. Each reads a body, asks the application once, and writes the answer."""
