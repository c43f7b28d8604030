"""The browser edition: the whole program in WebAssembly, as a static site and as one file.

`make site` builds them into `build/site/` and `build/syncasync-sim.html`. It takes Node and npm.
"""
