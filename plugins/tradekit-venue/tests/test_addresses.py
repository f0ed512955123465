from tradekit_venue.addresses import at_venue


def test_addresses_lead_to_the_venue_with_their_host_in_the_path() -> None:
    found = at_venue(
        {"api": {"ws": "wss://stream.binance.com:9443/ws"}, "www": ["https://api.binance.com/api/v3"], "n": 1},
        "http://127.0.0.1:81",
    )
    assert found == {
        "api": {"ws": "ws://127.0.0.1:81/stream.binance.com:9443/ws"},
        "www": ["http://127.0.0.1:81/api.binance.com/api/v3"],
        "n": 1,
    }
