# A GPU at work while no call needs it.
#: skip no GPU on this machine
true
