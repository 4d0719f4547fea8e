# One connection, HTTP/2 inside TLS that is not opened: what is asked of it later is not seen.
#: skip the requests inside TLS are seen only where a rule of methods or paths opens it; then HTTP/2 is not offered
true
