# A descriptor handed over by a process outside, through a socket in the work folder.
#: skip needs an accomplice outside who has the same folder; what the accomplice opens is the accomplice's
true
