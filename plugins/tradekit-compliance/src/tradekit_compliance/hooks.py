"""What this package adds to tradekit."""

from tradekit import Reporter, hookimpl
from tradekit_compliance.audit.reporter import AuditLog

TRADEKIT_API = 1


@hookimpl
def tradekit_reporters() -> list[type[Reporter]]:
    """Keep an audit log."""
    return [AuditLog]
