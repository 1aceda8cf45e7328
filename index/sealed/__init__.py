"""Sealed segments: vectors that no longer change, compressed and searched by FAISS, rescored from a mapped file."""
