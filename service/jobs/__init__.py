"""The jobs that go with the service: long, resumable work on whole catalogues."""
