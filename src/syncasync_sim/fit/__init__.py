"""From a log of others to a scenario: read it, find what it holds, decline what it cannot tell.

`formats/` reads, one module for each kind of log; `threads` finds how many served; `findings` decides what is
known; `scenario_text` writes it down.
"""
