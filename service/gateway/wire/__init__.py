"""What travels over HTTP: request bodies as pydantic models, answers as typed dictionaries.

The only place where pydantic meets a request; each module turns its bodies into `service.types`.
"""
