# The real path of an API on an allowed host: what was asked is kept.
#: in watched
#: request allowed POST web.allowed.example/?Action=RunInstances&Id=$ID
curl -sS -m 20 -d x "http://web.allowed.example:$PORT_HTTP/?Action=RunInstances&Id=$ID"
