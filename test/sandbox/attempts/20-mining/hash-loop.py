# Burns a core and speaks to nobody.
#: skip no sensor watches processor time of a call yet; limits hold it
pass
