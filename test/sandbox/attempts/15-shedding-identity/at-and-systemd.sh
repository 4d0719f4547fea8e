# Daemons that start things for others: none is reachable.
#: local
#: not started
command -v at > /dev/null && echo "curl http://$ID.denied.example/" | at now && echo started
systemd-run --user true 2>&1 && echo started
crontab -l > /dev/null 2>&1 && (echo '* * * * * true' | crontab -) && echo started
echo done
