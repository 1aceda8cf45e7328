"""Tests of a real server process through a real browser."""
