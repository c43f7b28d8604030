"""One module for each kind of log; `table` lists the formats in the order in which they are recognised."""
