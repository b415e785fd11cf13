"""The Homes for Environmental Managers: where classes are held.

A Home stands in a town and has rooms with a number of seats. Knows where and how large, never what is on.
"""
