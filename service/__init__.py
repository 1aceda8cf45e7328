"""The gateway, the worker, the command line, the jobs: composes models and index."""
