"""A local exchange to test and to practise against: real dialects, a real matching engine, scripted faults.

`tradekit_venue.venue.Venue` is the exchange, `tradekit_venue.serving.serving` opens it on loopback, and
`tradekit_venue.control.Control` is what a test in another process steers it by.
"""
