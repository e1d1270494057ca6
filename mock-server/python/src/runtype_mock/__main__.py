"""`python -m runtype_mock`: the command of the mock."""

from ._binary import main

main()
