"""The tables of a run file that the kernel reads."""

import shlex
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tradekit.engine.runfile import read_run_file
from tradekit.errors import ConfigError
from tradekit.model.instrument import Instrument

RUN_FILE = """\
risk = []

[run]
name = "BTC trend"

[account]
currency = "USDT"
capital = 100_000
kind = "margin"

[data]
source = "csv"
path = "btc.csv"
instruments = ["BTC/USDT"]
interval = "1h"

[[instrument]]
symbol = "BTC/USDT"
tick = 0.01

[strategy]
name = "sma-cross"
fast = 20

[execution]
costs = [{ model = "fee", bps = 10 }]
"""


@pytest.fixture
def read(tmp_path):
    """Read the run file with overrides, after replacing one text in it by another."""

    def read(*overrides, change=("", "")):
        path = tmp_path / "run.toml"
        assert change[0] in RUN_FILE
        path.write_text(RUN_FILE.replace(*change) if change[0] else RUN_FILE)
        return read_run_file(path, overrides)

    return read


@pytest.fixture
def refusal(read, tmp_path):
    """Return what is said about a run file, without its path."""

    def refusal(*overrides, change=("", "")):
        with pytest.raises(ConfigError) as caught:
            read(*overrides, change=change)
        return str(caught.value).replace(f"{tmp_path / 'run.toml'}", "FILE")

    return refusal


def test_read_run_file_fills_in_every_default(read):
    config = read().config
    assert (config.run.mode, config.run.seed, config.run.start, config.run.end, config.run.benchmark) == (
        "backtest",
        0,
        None,
        None,
        None,
    )
    assert (config.account.capital, config.account.leverage) == (100_000.0, 1.0)
    assert config.execution.driver == "auto"
    assert config.executor.name == "simulated"
    assert [reporter.name for reporter in config.reporters] == ["summary"]
    assert config.rules == ()
    assert read(change=('kind = "margin"', "")).config.account.kind == "cash"


def test_read_run_file_keeps_options_of_components_apart_from_the_kernels_keys(read):
    config = read("execution.limit_fills=touch", "data.policy.ohlc=drop").config
    assert config.source.options == {"path": "btc.csv"}
    assert config.strategy.options == {"fast": 20}
    assert config.executor.options == {"limit_fills": "touch"}
    assert [(cost.name, cost.options, cost.key) for cost in config.costs] == [("fee", {"bps": 10}, ("execution", "costs", 0))]
    assert config.data.policy.ohlc == "drop"


def test_read_run_file_interval_and_instruments_are_typed(read):
    config = read().config
    assert config.data.size == 3_600_000_000_000
    assert config.data.instruments == ("BTC/USDT",)
    (fact,) = config.instruments
    assert (fact.symbol, fact.tick, fact.lot, fact.kind) == ("BTC/USDT", 0.01, None, None)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2021-01-31", datetime(2021, 1, 31, tzinfo=UTC)),
        ("2021-01-31T14:30:00", datetime(2021, 1, 31, 14, 30, tzinfo=UTC)),
        ("2021-01-31T14:30:00+02:00", datetime(2021, 1, 31, 12, 30, tzinfo=UTC)),
        ('"2021-01-31"', datetime(2021, 1, 31, tzinfo=UTC)),
    ],
)
def test_read_run_file_start_is_utc(read, written, moment):
    run = read(f"run.start={written}").config.run
    assert run.start == moment
    assert run.start_ns == int(moment.timestamp()) * 1_000_000_000


def test_read_run_file_times_before_1970_and_microseconds_are_exact(read):
    run = read("run.start=1969-12-31T23:59:59.999999", "run.end=1970-01-01T00:00:00.000001").config.run
    assert (run.start_ns, run.end_ns) == (-1_000, 1_000)


@pytest.mark.parametrize(("name", "slug"), [("BTC trend", "btc-trend"), ("a__b / ../c", "a-b-c"), ("Ätna 1", "ätna-1")])
def test_read_run_file_name_makes_a_folder_name(read, name, slug):
    assert read(f'run.name="{name}"').config.run.slug == slug


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("[account]", "[acount]"),
            "line 6: unknown key acount; allowed in a run file: run, account, currency, data, instrument, strategy, risk, "
            "execution, report, live; did you mean 'account'?",
        ),
        (
            ("kind =", "knd ="),
            "line 9: unknown key account.knd; allowed in [account]: currency, capital, kind, leverage, maintenance, "
            "liquidation_fee_bps, borrow_rate, interest_rate, loan_rate, conversion_bps, net_orders; did you mean 'kind'?",
        ),
        (
            ('kind = "margin"', "seed = 3"),
            "line 9: unknown key account.seed; allowed in [account]: currency, capital, kind, leverage, maintenance, "
            "liquidation_fee_bps, borrow_rate, interest_rate, loan_rate, conversion_bps, net_orders; 'seed' is a key of [run]",
        ),
        (
            ("tick = 0.01", "tik = 0.01"),
            "line 19: unknown key instrument[0].tik; allowed in [[instrument]]: symbol, tick, lot, min_notional, "
            "kind, multiplier, currency, base, initial_margin, maintenance_margin, borrow_rate, calendar; "
            "did you mean 'tick'?",
        ),
        (
            ('interval = "1h"', 'interval = "1h"\npolicy = { ohcl = "drop" }'),
            "line 16: unknown key data.policy.ohcl; allowed in data.policy: ",
        ),
        (("100_000", '"100_000"'), "line 8: account.capital must be a number, got '100_000'"),
        (("100_000", "true"), "line 8: account.capital must be a number, got true"),
        (("100_000", "0"), "line 8: account.capital must be greater than 0, got 0"),
        (("100_000", "nan"), "line 8: account.capital must be a finite number, got nan"),
        (("100_000", "-inf"), "line 8: account.capital must be a finite number, got -inf"),
        (('"margin"', '"margn"'), "line 9: account.kind must be 'cash' or 'margin', got 'margn'; did you mean 'margin'?"),
        (('"margin"', '"margin"\nleverage = 0.5'), "line 10: account.leverage must be at least 1, got 0.5"),
        (('"BTC trend"', '"BTC trend"\nseed = 1.0'), "line 5: run.seed must be a whole number, without a decimal point, got 1.0"),
        (('"BTC trend"', '"BTC trend"\nseed = true'), "line 5: run.seed must be a whole number, got true"),
        (('"BTC trend"', '"BTC trend"\nseed = -1'), "line 5: run.seed must be at least 0, got -1"),
        (
            ('"BTC trend"', '"BTC trend"\nstart = 2021'),
            "line 5: run.start must be a date such as 2021-01-31, or a date and time such as 2021-01-31T14:30:00Z, got 2021",
        ),
        (
            ('"BTC trend"', '"BTC trend"\nstart = 1066-10-14'),
            "line 5: run.start must lie in the years 1678 to 2261, got 1066-10-14",
        ),
        (('"BTC trend"', '"BTC trend"\nplugins = "x"'), "line 5: run.plugins must be a list, got 'x'"),
        (
            ('"BTC trend"', '"--"'),
            "line 4: run.name must hold a letter or a digit, because it becomes part of a folder's name, got '--'",
        ),
        (('"BTC trend"', f'"{"x" * 81}"'), "line 4: run.name must have at most 80 characters"),
        (
            ('"1h"', '"1 hour"'),
            "line 15: data.interval: '1 hour' is not an interval; write a whole number and one of s, m, h, d, w",
        ),
        (('["BTC/USDT"]', "[]"), "line 14: data.instruments must not be empty, got []"),
        (('["BTC/USDT"]', '"BTC/USDT"'), "line 14: data.instruments must be a list, got 'BTC/USDT'"),
        (
            ('["BTC/USDT"]', '["BTC/USDT", "BTC/USDT"]'),
            "line 14: data.instruments must name each instrument once, and names 'BTC/USDT' more often",
        ),
        (("tick = 0.01", "tick = 0"), "line 19: instrument[0].tick must be greater than 0, got 0"),
        (('name = "BTC trend"', ""), "line 3: run.name is missing; [run] needs it: the run's name, as part of its folder's"),
        (('symbol = "BTC/USDT"\n', ""), "line 17: instrument[0].symbol is missing; [[instrument]] needs it"),
        (('interval = "1h"', ""), "line 11: data.interval is missing; [data] needs it: how long a bar is, such as '1h'"),
        (('source = "csv"', ""), "line 11: data.source is missing; a data source is named there ('tradekit plugins' lists them)"),
        (
            ('name = "sma-cross"', ""),
            "line 21: strategy.name is missing; a strategy is named there ('tradekit plugins' lists them)",
        ),
        (('"sma-cross"', "3"), "line 22: strategy.name must be the name of a strategy in quotes, got 3"),
        (('model = "fee"', 'mode = "fee"'), "line 26: execution.costs[0].model is missing; a cost model is named there"),
        (('{ model = "fee", bps = 10 }', '"fee"'), "line 26: execution.costs[0] must be a table, got 'fee'"),
        (
            ("risk = []", ""),
            "risk is missing; list the risk rules as [[risk]] tables, or write 'risk = []' at the top for a run without any",
        ),
        (("risk = []", "risk = false"), "line 1: risk must be a list of tables, got false; write [[risk]] instead of [risk]"),
        (("risk = []", 'risk = ["max-weight"]'), "line 1: risk[0] must be a table, got 'max-weight'"),
        (
            ("risk = []", "[risk]\nrule = 'max-weight'"),
            "line 1: risk must be a list of tables, got {'rule': 'max-weight'}; write [[risk]] instead of [risk]",
        ),
        (
            ('costs = [{ model = "fee", bps = 10 }]', ""),
            "line 25: execution.costs is missing; list the cost models, such as "
            "[{ model = 'fee', bps = 10 }], or write 'costs = []' for none",
        ),
        (("[account]", "[[account]]"), "line 6: account must be one table; write [account] instead of [[account]]"),
        (("risk = []\n\n[run]\nname", "risk = []\nrun"), "line 2: run must be a table that begins with [run], got 'BTC trend'"),
        (('[strategy]\nname = "sma-cross"\nfast = 20\n', ""), "table [strategy] is missing; a run file needs it"),
    ],
)
def test_read_run_file_with_one_mistake_names_line_key_value_and_what_is_allowed(refusal, change, message):
    assert message in refusal(change=change)


def test_read_run_file_with_risk_below_a_table_says_where_it_went(refusal):
    said = refusal(change=("risk = []\n\n[run]", "[run]\nrisk = []"))
    assert "risk is missing: the one in the file belongs to [run], because it stands below that line; move it to the top" in said


@pytest.mark.parametrize("mode", ["paper", "shadow", "live"])
@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["run.start=2021-01-01"], "run.start is for backtests: a run in mode MODE begins now and ends when it is stopped"),
        (["data.interval=1000 trades"], "bars of '1000 trades' can't be made live yet; allowed: a length such as '1h'"),
        (["data.fill_interval=1s"], "data.fill_interval is for backtests, and run.mode is MODE; leave it out"),
    ],
)
def test_read_run_file_of_a_live_run_refuses_what_is_for_backtests(refusal, mode, overrides, message):
    assert message.replace("MODE", repr(mode)) in refusal(f"run.mode={mode}", *overrides)


def test_read_run_file_of_a_backtest_refuses_what_is_for_live_runs(refusal):
    assert "[live] is about runs on live data, and run.mode is 'backtest'" in refusal("live.grace_s=2")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["run.start=2021-02-01", "run.end=2021-01-01"],
            "FILE, --set run.end=2021-01-01: run.end must be later than run.start, and 2021-01-01 is not later than 2021-02-01; "
            "bars that open at the end or later are left out",
        ),
        (["run.start=2021-01-01", "run.end=2021-01-01"], "run.end must be later than run.start"),
        (
            ["account.kind=cash", "account.leverage=3"],
            "FILE, --set account.leverage=3: account.leverage is 3, but account.kind is 'cash', which borrows nothing; set "
            "kind = 'margin' "
            "or leave leverage out",
        ),
        (
            ["account.kind=cash", "account.maintenance=0.05", "account.loan_rate=0.04"],
            "account.maintenance is 0.05, but account.kind is 'cash', which borrows nothing; set kind = 'margin' or leave "
            "maintenance out",
        ),
        (
            ["account.kind=cash", "account.loan_rate=0.04"],
            "account.loan_rate is 0.04, but account.kind is 'cash', which borrows nothing; set kind = 'margin' or leave "
            "loan_rate out",
        ),
        (
            ["account.leverage=4", "account.maintenance=0.25"],
            "account.maintenance must be smaller than 1 / leverage, which is 0.25, or a position is liquidated as it is opened, "
            "got 0.25",
        ),
        (
            ["account.kind=cash", "instrument[0].kind=perpetual"],
            "instrument[0].kind is 'perpetual', which is held against margin, but account.kind is 'cash'; "
            "set account.kind = 'margin'",
        ),
        (
            ["instrument[0].initial_margin=0.1", "instrument[0].maintenance_margin=0.1"],
            "instrument[0]: maintenance_margin 0.1 must be smaller than initial_margin 0.1, or a position is liquidated as it is "
            "opened",
        ),
        (["data.fill_interval=1 minute"], "data.fill_interval: '1 minute' is not an interval"),
        (
            ["data.fill_interval=7m"],
            "data: fill_interval '7m' must be shorter than interval '1h' and go into it a whole number of times",
        ),
        (["data.fill_interval=1h"], "data: fill_interval '1h' must be shorter than interval '1h'"),
        (["instrument[0].initial_margin=1.5"], "instrument[0].initial_margin must be at most 1, got 1.5"),
        (["instrument[0].kind=swap"], "instrument[0].kind must be 'spot', 'equity', 'perpetual' or 'future', got 'swap'"),
        (
            ["instrument[0].currency=EURO", "currency=[{code='EUR', rate=1.1}]"],
            "instrument[0].currency 'EURO' has no rate; allowed: 'USDT', 'EUR'; another one needs a [[currency]] table; "
            "did you mean 'EUR'?",
        ),
        (
            ["currency=[{code='USDT', rate=1}]"],
            "currency[0].code 'USDT' is the account's own currency; its money is account.capital, and it needs no rate",
        ),
        (
            ["currency=[{code='EUR', rate=1.1}, {code='EUR', rate=1.2}]"],
            "currency[1].code 'EUR' is there twice; put it into one [[currency]]",
        ),
        (
            ["currency=[{code='BTC', instrument='BTC/USD'}]"],
            "currency[0].instrument 'BTC/USD' is not one of data.instruments; allowed: 'BTC/USDT'; did you mean 'BTC/USDT'?",
        ),
        (
            ["currency=[{code='BTC'}]"],
            "currency[0]: currency 'BTC' needs either a fixed rate or the instrument whose close is its rate",
        ),
        (
            ["currency=[{code='BTC', rate=2, instrument='BTC/USDT'}]"],
            "currency[0]: currency 'BTC' needs either a fixed rate or the instrument whose close is its rate",
        ),
        (
            ["currency=[{code='BTC', rate=2, inverse=true}]"],
            "currency[0]: inverse is about the close of an instrument, and currency 'BTC' has a fixed rate",
        ),
        (
            ["run.benchmark=BTC/USD"],
            "FILE, --set run.benchmark=BTC/USD: run.benchmark 'BTC/USD' is no instrument of this run; allowed: "
            "'equal-weight', 'none', "
            "'BTC/USDT'; did you mean 'BTC/USDT'?",
        ),
        (
            ["instrument[0].symbol=BTC/USD"],
            "FILE, --set instrument[0].symbol=BTC/USD: instrument[0].symbol 'BTC/USD' is not one of data.instruments; "
            "allowed: 'BTC/USDT'; "
            "did you mean 'BTC/USDT'?",
        ),
        (
            ["instrument=[{symbol='BTC/USDT'},{symbol='BTC/USDT',lot=1}]"],
            "instrument[1].symbol 'BTC/USDT' is there twice; put its facts into one [[instrument]]",
        ),
    ],
)
def test_read_run_file_with_keys_that_contradict_each_other_says_which(refusal, overrides, message):
    assert message in refusal(*overrides)


def test_read_run_file_currencies_and_settlement_are_typed(read):
    config = read(
        "currency=[{code='BTC', instrument='BTC/USDT', balance=2}, {code='EUR', rate=1.1}]",
        "instrument[0].currency=BTC",
        "instrument[0].kind=perpetual",
        "account.maintenance=0.05",
    ).config
    assert [(one.code, one.balance, one.rate, one.instrument, one.inverse) for one in config.currencies] == [
        ("BTC", 2.0, None, "BTC/USDT", False),
        ("EUR", 0.0, 1.1, None, False),
    ]
    instrument = config.instruments[0].onto(Instrument("BTC/USDT", lot=0.1, multiplier=5.0))
    assert instrument == Instrument("BTC/USDT", 0.01, 0.1, kind="perpetual", multiplier=5.0, currency="BTC")
    assert instrument.is_derivative


def test_read_run_file_narrowed_by_an_override_may_leave_facts_over(read):
    change = ('instruments = ["BTC/USDT"]', 'instruments = ["BTC/USDT", "ETH/USDT"]')
    assert read('data.instruments=["ETH/USDT"]', change=change).config.instruments[0].symbol == "BTC/USDT"
    change = ('instruments = ["BTC/USDT"]\n', "")
    assert read('data.instruments=["ETH/USDT"]', change=change).config.instruments[0].symbol == "BTC/USDT"


def test_read_run_file_given_another_instrument_by_an_override_must_drop_the_facts_of_the_one_it_had(read, refusal):
    assert refusal('data.instruments=["ETH/USDT"]') == (
        "FILE, line 18: instrument[0].symbol 'BTC/USDT' is not one of data.instruments; allowed: 'ETH/USDT'; "
        "did you mean 'ETH/USDT'?"
    )
    assert read('data.instruments=["ETH/USDT"]', "instrument=[]").config.instruments == ()
    assert read('data.instruments=["ETH/USDT"]', "instrument[0].symbol=ETH/USDT").config.instruments[0].tick == 0.01


def test_read_run_file_with_many_mistakes_says_all_in_the_order_of_the_file(refusal):
    said = refusal("run.seed=x", "foo.bar=1", change=('kind = "margin"', "kind = 3\nleverage = 0"))
    assert said.splitlines() == [
        "FILE has 4 problems:",
        "  line 9: account.kind must be 'cash' or 'margin', got 3",
        "  line 10: account.leverage must be at least 1, got 0",
        "  --set foo.bar=1: unknown key foo; allowed in a run file: run, account, currency, data, instrument, strategy, risk, "
        "execution, report, live",
        "  --set run.seed=x: run.seed must be a whole number, got 'x'",
    ]


def test_read_run_file_text_given_as_a_number_shows_how_a_shell_passes_quotes(read, refusal):
    said = refusal("run.name=2024")
    assert said == "FILE, --set run.name=2024: run.name must be a text in quotes, got 2024; type --set 'run.name=\"2024\"'"
    assert read(shlex.split(said.rpartition("type --set ")[2])[0]).config.run.name == "2024"
    assert refusal("strategy.name=1").endswith("in quotes, got 1; type --set 'strategy.name=\"1\"'")
    assert refusal("account.currency=[1]").endswith("must be a text in quotes, got [1]")
    assert refusal(change=('"BTC trend"', "2024")) == "FILE, line 4: run.name must be a text in quotes, got 2024"


def test_read_run_file_that_an_override_mends_is_read(read):
    assert read("account.capital=5", change=("100_000", "-1")).config.account.capital == 5


def test_read_run_file_imports_no_plugin_and_nothing_heavy(tmp_path):
    (tmp_path / "run.toml").write_text(RUN_FILE)
    code = (
        "import sys; from tradekit.engine.runfile import read_run_file; read_run_file(sys.argv[1]); "
        "print([name for name in sys.modules if name.startswith(('tradekit.builtin', 'pandas', 'pyarrow', 'rich'))])"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "run.toml"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
