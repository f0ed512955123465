"""The catalogue of the development data holds each of its files once."""

from pathlib import Path

from market_files import NOT_READ, READ, cases, files


def test_every_file_of_the_market_data_is_read_or_has_a_reason_not_to_be(market_data: Path) -> None:
    read = {path for entry in READ for path in files(entry, market_data)}
    left = [path for entry in NOT_READ for path in files(entry, market_data)]
    everything = {path for path in market_data.rglob("*") if path.is_file()}
    assert sorted(str(path) for path in everything - read - set(left)) == []
    assert sorted(str(path) for path in read & set(left)) == []
    assert sorted(left) == sorted(set(left))


def test_no_entry_of_the_catalogue_is_idle_or_there_twice(market_data: Path) -> None:
    assert [entry.pattern for entry in [*READ, *NOT_READ] if not files(entry, market_data)] == []
    seen = [(entry.kind, str(entry.options), entry.interval, path) for entry, path in cases(market_data)]
    assert len(seen) == len(set(seen))
