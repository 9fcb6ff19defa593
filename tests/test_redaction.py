import warnings

import pytest

from lunarcraters.errors import CratersWarning, OutputError
from lunarcraters.redaction import redact


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://me:SECRET@host/db?table=a", "postgresql://me@host/db?table=a"),
        ("postgres://:SECRET/@SECRET@host:1/db", "postgres://@host:1/db"),
        ("postgresql:/me:SECRET@host/db", "postgresql:/me@host/db"),
        ("postgresql://host/db?password=SECRET&table=a", "postgresql://host/db?password=...&table=a"),
        ("postgresql://me@host:5432/db?table=a", "postgresql://me@host:5432/db?table=a"),
        ("https://me:SECRET@host/a.tif?key=SECRET", "https://host/a.tif"),
    ],
)  # fmt: skip
def test_an_address_tells_where_something_lies_and_no_password(address, shown):
    assert redact(address) == shown
    assert str(OutputError(f"{address} is there")) == f"{shown} is there"
    with pytest.warns(CratersWarning) as caught:
        warnings.warn(address, CratersWarning, stacklevel=1)
    assert str(caught[0].message) == shown
