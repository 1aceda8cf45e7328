"""What makes recall known: a sample of live queries, queries made from texts, and exact repetitions."""
