# Goes on when the terminal is gone.
#: refuse not-listed $ID.denied.example:80
nohup curl -sS -m 20 "http://$ID.denied.example/" > /dev/null 2>&1 &
sleep 1
