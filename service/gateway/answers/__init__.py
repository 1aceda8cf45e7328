"""What goes back over HTTP: typed dictionaries that pydantic describes in /docs and orjson writes.

Answers are our own values, so nothing validates them again on the way out; the tests do.
"""
