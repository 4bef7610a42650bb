"""Law packs: what a country's laws want of a shop's discounts, as data with its sources.

A module of this package holds one edition of one country, as text. An edition's content never
changes once it is published, since a record is worked out again from its program's text, which
names the edition and doesn't hold it: what the law changes comes as another edition, and a program
takes it up by its name, in a version of its own. A loyaltyd that doesn't have the edition refuses
the program, so wherever one is read the same inputs give the same bytes.

A pack says what the law wants, by entries such as `tobacco`; which goods an entry means only the
chain knows, so its program says that.
"""
