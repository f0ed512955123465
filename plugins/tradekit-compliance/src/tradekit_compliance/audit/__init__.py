"""The audit log: what is written, how it is kept from being changed unseen, and what it proves."""
