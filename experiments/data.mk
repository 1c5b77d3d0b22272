# The data of grids with a SCALE: DATA=NAME is a folder of pipelines/ (RAW=DIR where its publisher's files are), or PREFIX of a PREFIX.cps of your own
# (and of PREFIX.csv, from which table 2 tells the rows in other words).
# A scale may take a part of it: sample.NAME is what cp-cat is told.
# `by` says which columns make the strata of the long tail: a user's and an item's; for your own say it (by="--by User --by Film"), or by= for none.
# `items` says which fields are the item's, for CTRL and CTR-BERT in table 2, where their names do not tell (items="--item-fields Film,Genre").

data.movietweetings := movietweetings
by.movietweetings   := --by 'User ID' --by 'Movie ID'
data.ml-1m          := ml1m
by.ml-1m            := --by 'User ID' --by 'Movie ID'
data.book-crossing  := bookcrossing
by.book-crossing    := --by 'User ID' --by ISBN
split.book-crossing := --by random	# it has no times
data.amazon-toys    := amazontoys
by.amazon-toys      := --by 'User ID' --by 'Item ID'
data.goodreads      := goodreads
by.goodreads        := --by 'User ID' --by 'Book ID'

split     := $(or $(split.$(DATA)),$(split))
yours     := $(if $(data.$(DATA)),,$(DATA))
data      := $(if $(data.$(DATA)),../pipelines/$(DATA)/$(data.$(DATA)),$(DATA))
by        ?= $(by.$(DATA))
rows      ?= $(sample.$(DATA))
# ml-1m-time, and where the split is told more of, movietweetings-random-seed-3
empty     :=
data-name := $(notdir $(DATA))-$(subst $(empty) $(empty),-,$(strip $(subst $(comma),.,$(subst :,.,$(subst =,.,$(subst --,,$(patsubst --by,,$(split))))))))
