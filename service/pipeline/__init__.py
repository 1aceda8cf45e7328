"""The sentences of the service: search, items, collections, embeddings. Knows no HTTP."""
