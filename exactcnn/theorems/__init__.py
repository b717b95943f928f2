"""Hypotheses in, verdicts out: the statements of Sections 2 and 3 decided for one network and one data set."""
