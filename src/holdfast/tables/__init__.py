"""The seven tables: what they are (schema), reading, checking and writing them, and importing into them."""

from holdfast.tables.check import Problem, TableProblems
from holdfast.tables.read import Tables, read_tables
from holdfast.tables.schema import TABLES

__all__ = ["TABLES", "Problem", "TableProblems", "Tables", "read_tables"]
