"""Where the table work runs: an embedded engine by default, an existing one by its connection.

Everything in ``episodes`` and ``insight`` is written once as Ibis expressions over the tables
that an ``Engine`` hands out. Rules that keep the answers equal on every engine: moments become
whole seconds and days before anything else is done with them, every window has a total order,
nothing is ever NaN, and only small results leave the engine. For a small practice the question takes
longer than the answer, so its words are kept: numbers that differ from one time to the next are ``told`` beside it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import polars as pl

from holdfast.tables.away import AWAY
from holdfast.tables.away import frame as away_frame
from holdfast.tables.read import Tables

DAY = 86_400  # seconds
QUESTIONS = 256  # whose words are kept, some 40 MB: a refresh of the site asks about a hundred
_COMPILING = Lock()
_KINDS = {  # of columns that a kept table can have, in the embedded engine's words
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "boolean": "BOOLEAN",
    "string": "VARCHAR",
}


@dataclass
class Engine:
    """A connection, and the tables of one practice in it.

    Use as a context manager: leaving it closes the connection and removes what was lent to it.
    """

    connection: Any
    files_only: bool = False  # a distributed engine reads Parquet files, not this process's memory
    _scratch: Any = field(default=None, repr=False)
    _lent: list[str] = field(default_factory=list, repr=False)  # views in a session that outlives this engine
    _names: int = 0

    @classmethod
    def embedded(cls, *, threads: int | None = None) -> Engine:
        """DuckDB inside this process, in memory, spilling to a temporary folder when it must."""
        connection = ibis.duckdb.connect()
        if threads:
            connection.raw_sql(f"SET threads = {int(threads)}")
        connection.raw_sql("SET preserve_insertion_order = false")
        return cls(connection)

    @classmethod
    def spark(cls, session: Any) -> Engine:
        """An existing Spark session. Its time zone is set to UTC, as wall clocks need."""
        session.conf.set("spark.sql.session.timeZone", "UTC")
        return cls(ibis.pyspark.connect(session), files_only=True)

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.files_only:
            for name in self._lent:
                self.connection.drop_view(name)
        else:
            self.connection.disconnect()
        if self._scratch is not None:
            self._scratch.cleanup()

    def load(self, tables: Tables) -> Mapping[str, ir.Table]:
        """Hand out the tables as expressions, each once it is asked for; every moment is whole seconds of the clock."""
        frames = {**tables.frames, AWAY: away_frame(tables.practice.away)}
        return _Lent(frames, lambda frame: self._as_seconds(self._place(frame)))

    def keep(self, expression: ir.Table) -> ir.Table:
        """Work an expression out once and keep the result in the engine, for all that follows from it."""
        if self.files_only:
            return self._on_its_own(expression)
        self._names += 1
        name = f"holdfast_kept_{self._names}"
        kinds = {column: _KINDS.get(str(kind).lstrip("!")) for column, kind in expression.schema().items()}
        if None in kinds.values():
            return self.connection.create_table(name, expression, temp=True)
        columns = ", ".join(f'"{column}" {kind}' for column, kind in kinds.items())
        run = self.connection.con.execute  # as ibis does it, but without its copies of the whole question
        run(f"CREATE TEMP TABLE {name} ({columns})")
        run(f"INSERT INTO {name} {_in_sql(expression.op())}")
        here = ops.Namespace(catalog=None, database=None)  # to ask the engine what it holds would take milliseconds
        return ops.DatabaseTable(name, schema=expression.schema(), source=self.connection, namespace=here).to_expr()

    def forget(self, kept: ir.Table) -> None:
        """Drop a kept table that nothing will ask for any more, so that its memory is free again."""
        name = kept.get_name()
        if self.files_only:
            self.connection.drop_view(name)
            self._lent.remove(name)
        else:
            self.connection.raw_sql(f"DROP TABLE {name}")

    def fetch(self, expression: ir.Table) -> pl.DataFrame:
        """Bring a small result into this process, sorted by its columns so that it is always the same."""
        if self.files_only:
            arrow = expression.to_pyarrow()
        else:  # not ibis' own way, which loads pandas: a second, for a table of ten rows
            arrow = self.connection.con.sql(_in_sql(expression.op())).to_arrow_table()
        frame = pl.DataFrame(arrow)
        return frame.sort(frame.columns)

    def value(self, expression: ir.Scalar) -> Any:
        """Work out one value; nothing is None."""
        return self.fetch(expression.as_table()).item()

    def told(self, number: float) -> ir.NumericScalar:
        """A number that is another one each time, so that the questions round it stay the same, word for word."""
        if self.files_only:
            return ibis.literal(number)
        self._names += 1
        name = f"holdfast_told_{self._names}"
        # nosemgrep: sql-from-parts - a name of ours, and a number
        self.connection.con.execute(f"SET VARIABLE {name} = {number!r}")
        return _whole_number(name) if isinstance(number, int) else _number(name)

    def _on_its_own(self, expression: ir.Table) -> ir.Table:
        """Work it out now, and forget how it was made.

        Spark's cache would work it out later and carry its whole past into every plan that follows: after a dozen
        steps the plans no longer fit into memory.
        """
        made = self.connection.raw_sql(self.connection.compile(expression)).localCheckpoint()
        name = ibis.util.gen_name("holdfast_kept")
        made.createOrReplaceTempView(name)
        self._lent.append(name)
        return self.connection.table(name)

    def _place(self, frame: pl.DataFrame | Path) -> ir.Table:
        if self.files_only:
            table = self.connection.read_parquet(str(frame if isinstance(frame, Path) else self._file(frame)))
            self._lent.append(table.get_name())  # a name of ibis' own, which no other engine on the session has
            return table
        self._names += 1
        name = f"holdfast_lent_{self._names}"
        if isinstance(frame, Path):
            return self.connection.read_parquet(str(frame), table_name=name)
        self.connection.con.register(name, _plain(frame).to_arrow())  # a memtable would load pandas for this
        return self.connection.table(name)

    def _file(self, frame: pl.DataFrame) -> Path:
        if self._scratch is None:
            self._scratch = tempfile.TemporaryDirectory(prefix="holdfast-")
        self._names += 1
        path = Path(self._scratch.name) / f"table_{self._names}.parquet"
        _plain(frame).write_parquet(path)
        return path

    @staticmethod
    def _as_seconds(table: ir.Table) -> ir.Table:
        schema = table.schema()
        moments = [name for name in schema.names if schema[name].is_timestamp()]
        # truncated first: DuckDB would round a part of a second up, and 23:59:59.9 into the next day
        return table.mutate({name: table[name].truncate("s").epoch_seconds().cast("int64") for name in moments})


class _Lent(Mapping[str, ir.Table]):
    """Tables that are placed in the engine the first time that somebody looks at them: many are never asked for."""

    def __init__(self, frames: Mapping[str, pl.DataFrame | Path], place: Callable[[Any], ir.Table]) -> None:
        self._frames, self._place = frames, place
        self._placed: dict[str, ir.Table] = {}

    def __getitem__(self, name: str) -> ir.Table:
        if name not in self._placed:
            self._placed[name] = self._place(self._frames[name])
        return self._placed[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)


@ibis.udf.scalar.builtin(name="getvariable")  # type: ignore[untyped-decorator]
def _whole_number(variable: str) -> int: ...  # type: ignore[empty-body]  # the engine's own


@ibis.udf.scalar.builtin(name="getvariable")  # type: ignore[untyped-decorator]
def _number(variable: str) -> float: ...  # type: ignore[empty-body]


@lru_cache(maxsize=QUESTIONS)
def _in_sql(question: ops.Relation) -> str:
    """A question in the embedded engine's words: putting it takes longer than answering it for a small practice.

    Step upon step: to merge them takes longer than it saves.
    """
    with _COMPILING:  # the option is the process's: two at a time would each put back what the other had set
        merging, ibis.options.sql.fuse_selects = ibis.options.sql.fuse_selects, False
        try:
            return str(ibis.duckdb.compile(question.to_expr()))
        finally:
            ibis.options.sql.fuse_selects = merging


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Replace types that not every engine knows: fixed choices become plain text."""
    return frame.with_columns(pl.col(pl.Enum).cast(pl.String))
