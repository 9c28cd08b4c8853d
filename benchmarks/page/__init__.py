"""What `python -m benchmarks page` needs: a browser, what is done in it, and a server to compare with."""
