"""Reports: trades, what trading cost, holdings, and what was refused or found."""
