"""python -m edi837"""

from edi837.cli import run

run()
