"""One Spark in local mode for all of these tests, and the two engines to be compared."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from holdfast.engine import Engine


@pytest.fixture(scope="package")
def spark() -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: see requirements/spark.txt")
    if shutil.which("java") is None:
        pytest.skip("there is no java on this machine, which Spark needs")
    builder = sql.SparkSession.builder.master("local[2]").appName("holdfast-tests")
    for name, value in {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="package")
def engines(spark: Any) -> Iterator[tuple[Engine, Engine]]:
    with Engine.embedded(threads=1) as here, Engine.spark(spark) as there:
        yield here, there
