"""Who is leaving without a word: how likely, how sure, and why."""
