# Handed to a server that this call itself started.
#: needs tmux
#: refuse not-listed $ID.denied.example:80
tmux -L $ID new-session -d "curl -sS -m 20 http://$ID.denied.example/"
sleep 1
