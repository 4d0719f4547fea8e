# A harmless word first, for a list of commands that need no sandbox.
#: refuse not-listed $ID.denied.example:80
docker ps 2>/dev/null; git status > /dev/null 2>&1; ls > /dev/null && curl -sS -m 20 "http://$ID.denied.example/"
