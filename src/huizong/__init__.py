"""Huizong (汇总): issue, collect, audit and add up the quarterly Excel forms of communities."""
