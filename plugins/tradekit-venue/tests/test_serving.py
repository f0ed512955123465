import http.client
import json
from urllib.parse import urlsplit

import pytest
from tradekit_venue.control import Control
from tradekit_venue.serving import serving

from tradekit import VenueError

ORDER = {"market": "BTC/USDT", "side": "buy", "quantity": "0.1", "price": "30000"}


def get(url, path, headers=None):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    found = answer.status, json.load(answer)
    connection.close()
    return found


def test_control_places_orders_moves_the_clock_and_sees_what_came_of_it(venue, clients) -> None:
    with serving(venue) as place:
        control = place.control()
        placed = control.place("anna", {**ORDER, "client_id": "mine"})
        control.place("bert", {"market": "BTC/USDT", "side": "sell", "kind": "market", "quantity": "0.04"})
        assert control.advance(5_000) == clients.start + 5_000
        control.skew(250)
        state = control.state()
        assert state["clock"] == {"now": clients.start + 5_000, "told": clients.start + 5_250, "speed": 0.0}
        anna = state["accounts"]["anna"]
        assert [(order["client_id"], order["filled"]) for order in anna["orders"]] == [("mine", "0.04")]
        assert [trade["order"] for trade in anna["trades"]] == [placed["id"]]
        assert control.cancel("anna", placed["id"])["status"] == "canceled"
        assert place.do(lambda open_venue: len(open_venue.exchange.accounts["anna"].open)) == 0


def test_control_scripts_faults_and_reads_what_was_received(venue) -> None:
    with serving(venue) as place:
        control = place.control()
        control.fault("GET time", "status", {"status": 418, "code": -1003, "retry_after": 9})
        assert get(place.url, "/api/v3/time")[0] == 418
        assert get(place.url, "/api.binance.com/api/v3/time?x=1")[0] == 200
        assert [(one["name"], one["params"], one["fault"], one["status"]) for one in control.received()] == [
            ("time", {}, "status", 418),
            ("time", {"x": "1"}, None, 200),
        ]
        control.fault("GET time", "late")
        control.clear()
        assert get(place.url, "/api/v3/time")[0] == 200


def test_control_closes_a_market_and_opens_it_again(venue) -> None:
    with serving(venue) as place:
        control = place.control()
        control.close_market("BTC/USDT")
        with pytest.raises(VenueError, match=r"refuses POST order: the market is closed"):
            control.place("anna", ORDER)
        control.close_market("BTC/USDT", closed=False)
        assert control.place("anna", ORDER)["status"] == "new"


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda control: control.fault("POST order", "lat"), "unknown fault 'lat' of a request; did you mean 'late'?"),
        (lambda control: control.place("anne", ORDER), "no account 'anne'; say whose it is by account: 'anna', 'bert'"),
        (
            lambda control: control.place("anna", {**ORDER, "pric": 1}),
            "an order has no 'pric'; did you mean 'price'?",
        ),
        (
            lambda control: control.place("anna", {**ORDER, "side": "by"}),
            "side of an order is 'by'; did you mean 'buy'?",
        ),
        (lambda control: control.place("anna", {**ORDER, "price": "high"}), "price is 'high', which is no number"),
        (lambda control: control.cancel("anna", 77), "no order 77 of this account; name it by the id that the desk tells"),
        (lambda control: control.advance(-5), "the clock can't go back by 5 ms"),
        (lambda control: control.close_market("ABC/USD"), "no market 'ABC/USD'; there is 'BTC/USDT'"),
        (lambda control: control._ask("POST", "clock", {"jump": 5}), "the clock has no 'jump'; it takes advance and skew"),
        (lambda control: control._ask("GET", "stat"), "no 'GET stat' here; did you mean 'GET state'?; there are DELETE faults"),
        (lambda control: control._ask("POST", "faults", ["late"]), "a request here is a JSON object, got ['late']"),
    ],
)
def test_desk_says_what_is_wrong_with_what_it_is_asked(venue, act, said) -> None:
    with serving(venue) as place, pytest.raises(VenueError) as error:
        act(place.control())
    assert said in str(error.value)


def test_desk_asks_for_its_token(venue) -> None:
    with serving(venue) as place:
        status, answer = get(place.url, "/_venue/state")
        assert (status, answer["error"]) == (401, "the token is missing or wrong; send it as 'Authorization: Bearer TOKEN'")
        with pytest.raises(VenueError, match=r"the token is missing or wrong"):
            Control(place.url, "guess").state()


def test_port_that_is_taken_is_an_error_that_names_it(venue, clients) -> None:
    with serving(venue) as place:
        port = urlsplit(place.url).port
        with (
            pytest.raises(VenueError, match=rf"the venue can't listen on port {port} of 127.0.0.1"),
            serving(clients.new_venue(), port),
        ):
            pass


def test_venue_that_is_gone_is_an_error_of_its_control(venue) -> None:
    with serving(venue) as place:
        control = place.control()
    with pytest.raises(VenueError, match=r"there is no venue at http://127.0.0.1:\d+: "):
        control.state()


def test_socket_that_is_none_of_the_venues_is_not_found(venue) -> None:
    with serving(venue) as place:
        connection = http.client.HTTPConnection(urlsplit(place.url).netloc, timeout=5)
        connection.request("GET", "/stream.binance.com/nothing", headers={"Upgrade": "websocket", "Connection": "Upgrade"})
        answer = connection.getresponse()
        said = answer.read().decode()
        connection.close()
    assert (answer.status, said) == (404, "the venue has no socket at 'nothing'; it has ws, stream and ws-api/v3")
