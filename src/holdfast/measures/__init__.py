"""Published questionnaires. For now: what counts as change on the two that most services use."""
