# Words that somebody might have thought of.
#: refuse not-listed $ID.denied.example:80
export VIGILES_DISABLE=1 VIGILES_MODE=record NO_SANDBOX=1 SANDBOX=off VIGILES_POLICY=/dev/null DEBUG=1
curl -sS -m 20 "http://$ID.denied.example/"
