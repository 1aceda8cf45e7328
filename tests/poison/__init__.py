"""Hostile and odd pictures, made by code: the same bytes at every run. Owns no test."""
