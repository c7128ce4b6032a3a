"""The reference documentation of the tables, written from their schema."""

from __future__ import annotations

from holdfast.tables.check import allowed_words
from holdfast.tables.schema import TABLES, Table


def tables_reference() -> str:
    """Describe the seven tables in Markdown: what docs/reference/tables.md holds."""
    head = (
        "# The tables\n\n"
        "Made from `src/holdfast/tables/schema.py` by `holdfast schema tables`. CSV (UTF-8) or Parquet files of these "
        'names in one folder; only `appointments` is needed. Blank means "not known" and is never a zero. Columns '
        "not named here are kept, and can be used to compare groups by. Times are ISO 8601, local to the practice "
        "unless an offset is given; the practice's time zone stands in `practice.json`. There, too, can stand when a "
        'therapist, or without `therapist_id` everybody, was not there: `"away": [{"therapist_id": "alma", '
        '"first_day": "2026-08-10", "last_day": "2026-08-21", "told_at": "2026-07-01T09:00"}]`. '
        "Silence on such days is none. `told_at` is when that was said; blank: known from the first day on.\n"
    )
    return head + "\n".join(_table(table) for table in TABLES.values())


def _table(table: Table) -> str:
    lines = [
        f"\n## {table.name}\n",
        (table.schema.__doc__ or "").strip(),
        "",
        "| column | meaning | allowed |",
        "| --- | --- | --- |",
    ]
    for name, column in table.columns.items():
        shown = f"**{name}**" if name in table.required else name
        lines.append(f"| {shown} | {column.description or ''} | {allowed_words(column)} |")
    lines += ["", f"One row for each {' + '.join(table.key)}."]
    lines += [
        f"`{' + '.join(one.columns)}` must be in `{one.table}`, if that table is there." for one in table.references
    ]
    return "\n".join(lines)
