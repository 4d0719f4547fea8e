# More bytes than the policy gives a host.
#: skip bytesOutPerHost and bytesOutPerCall: the gateway does not count bytes against them yet (tested in attempts.test.ts as failing)
true
