"""What the tests of the kernel and of every package share."""

pytest_plugins = ["proofs"]
