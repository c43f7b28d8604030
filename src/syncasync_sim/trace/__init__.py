"""What happened in one run, as rows, and the questions that others ask of them."""
