import pytest
from tradekit_compliance.checks.concentration import Concentration
from tradekit_compliance.checks.order_size import OrderSize
from tradekit_compliance.checks.restricted import RestrictedList, TradingHalt

from tradekit import ConfigError


@pytest.mark.parametrize(
    ("cls", "key", "text", "message"),
    [
        (RestrictedList, "restricted", "symbol,lost\nA,watch\n", "has no column 'list'; its columns are symbol, list, from"),
        (RestrictedList, "restricted", "symbol,list,when\nA,watch,x\n", "has a column 'when' that is not known"),
        (RestrictedList, "restricted", "", "has no column 'symbol'"),
        (RestrictedList, "restricted", "symbol,list\nA\n", "line 2: 1 values for 2 columns"),
        (RestrictedList, "restricted", "symbol,list\n,watch\n", "line 2: symbol is empty"),
        (RestrictedList, "restricted", "symbol,list\nA,banned\n", "line 2: list must be 'restricted' or 'watch', not 'banned'"),
        (
            RestrictedList,
            "restricted",
            "symbol,list,from\nA,watch,1.3.24\n",
            "from must be a date such as 2024-06-28, not '1.3.24'",
        ),
        (RestrictedList, "restricted", b"symbol,list\n\xff,watch\n", "can't be read: it is not UTF-8"),
        (OrderSize, "volumes", "symbol,date,volume\nA,2024-01-02,many\n", "line 2: volume must be a number from 0, not 'many'"),
        (OrderSize, "volumes", "symbol,date,volume\nA,2024-01-02,1\nA,2024-01-02,2\n", "has a volume for 2024-01-02 already"),
        (Concentration, "sectors", "symbol,issuer,sector\nA,B,C\nA,B,D\n", "line 3: 'A' is there already"),
        (TradingHalt, "halts", "symbol,from\nA,noon\n", "'noon' is no time; write it as 2024-06-28T14:30:00Z"),
    ],
)
def test_reference_file_that_can_not_be_right_is_refused(tmp_path, cls, key, text, message):
    path = tmp_path / "data.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
        cls(cls.Options(**{key: path}))


def test_reference_file_that_is_not_there_and_calendar_that_nobody_knows_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"lost.csv' can't be read: No such file"):
        RestrictedList(RestrictedList.Options(restricted=tmp_path / "lost.csv"))
    with pytest.raises(ConfigError, match="no calendar 'XMOON'; allowed are the names"):
        TradingHalt(TradingHalt.Options(calendar="XMOON"))
